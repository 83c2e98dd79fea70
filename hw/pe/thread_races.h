#pragma once
// Whether the two threads of a core use the same words at the same time, which rtl/ISA.md forbids: what they then find
// is an accident of time. Looked at vector by vector, by the words of vector_words.h; of what a list picks and of
// AXPY_KEEP's weights nothing is known. Changes neither bits nor cycles.
#include <array>
#include <string>

#include "hw/pe/task.h"
#include "hw/pe/vector_words.h"

namespace weft::hw {

class ThreadRaces {
 public:
  /// From `now` on an instruction of `thread` uses `words`, until it uses others or leaves.
  void use(int thread, const Instruction& instruction, const VectorWords& words, Cycle now);
  /// The thread stands at another instruction; its last vector is at work before `until`.
  void leave(int thread, Cycle until);
  /// Its last vector takes so many cycles more: the other thread took them.
  void lengthen(int thread, Cycle cycles);
  /// The first race in a sentence; empty: none.
  const std::string& first() const { return first_; }

 private:
  struct Use {
    VectorWords words;
    Instruction instruction;
    Cycle until = 0;
  };
  std::array<Use, thread_count> uses_;
  std::string first_;
};

}  // namespace weft::hw
