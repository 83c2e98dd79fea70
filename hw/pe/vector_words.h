#pragma once
// Which words of memory a vector reads and writes, as far as that is known when it issues: ranges, whatever the stride
// inside them. What decides whether a vector waits for the one before it (rtl/ISA.md, "Waiting for operands").
#include <array>
#include <cstdint>

#include "hw/pe/vector_operations.h"

namespace weft::hw {

struct WordRange {
  std::int64_t first = 0, end = 0;   ///< empty where they are equal
  std::int64_t step = 1, words = 1;  ///< of each step so many are meant; meet() does not look at it

  friend bool meet(const WordRange& a, const WordRange& b) {
    return a.first != a.end && b.first != b.end && a.first < b.end && b.first < a.end;
  }
};

struct VectorWords {
  std::array<WordRange, 3> read;    ///< the vector at `a`, the one at `b`, the scalar; empty where there is none
  WordRange written;                ///< empty: nothing; of DRAIN to memory with what lies between its two ranges
  std::array<WordRange, 2> writes;  ///< the same, each by itself
  bool listed = false;              ///< what is read is known only as it is read

  /// Whether the vector waits for one that wrote `words`.
  bool waits_for(const WordRange& words) const {
    return listed || meet(read[0], words) || meet(read[1], words) || meet(read[2], words);
  }
};

/// `count`: its elements, of a list those of the list. Precondition: the instruction issues.
VectorWords words_of(const Instruction& instruction, const VectorPlace& place, int count);

}  // namespace weft::hw
