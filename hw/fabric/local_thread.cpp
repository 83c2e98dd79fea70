#include "hw/fabric/local_thread.h"

#include <array>

#include "hw/pe/vector_operations.h"

namespace weft::hw {

using proto::TimeClass;

void LocalThread::issue(bool waits, bool writes) {
  if (waits) wait(ready_, TimeClass::overhead);
  if (writes) ready_ = end_ + pe_->vector_fill_cycles;
  take(TimeClass::overhead, pe_->vector_issue_cycles);
}

void LocalThread::issue(const Instruction& instruction, int vector) {
  const VectorWords words = words_of(instruction, place_of(instruction, vector, 0), instruction.count);
  const bool writes = words.written.first != words.written.end;
  issue(words.waits_for(written_), writes);
  if (writes) written_ = words.written;
}

void LocalThread::vector(std::int64_t elements, int lanes, bool reads) {
  issue(reads, true);
  take(TimeClass::compute, ceil_div(elements, lanes));
}

std::size_t LocalThread::run(const std::vector<Instruction>& code, std::size_t at) {
  std::array<int, loop_counters> passes{};
  for (;;) {
    const Instruction& instruction = code[at];
    if (instruction.opcode == Opcode::loop) {
      branch();
      int& pass = passes[instruction.counter];
      const bool again = ++pass < instruction.count;
      if (!again) pass = 0;
      at = again ? instruction.target : at + 1;
      continue;
    }
    if (instruction.opcode == Opcode::halt || !works_in_memory(instruction)) {
      next_ = instruction;
      return at;
    }
    for (int number = 0; number < std::max<int>(1, instruction.scalars); ++number) {
      issue(instruction, number);
      take(TimeClass::compute,
           vector_length(instruction, place_of(instruction, number, 0), *pe_) - pe_->vector_issue_cycles);
    }
    ++at;
  }
}

void LocalThread::add_to(LaunchTimes& times, std::int64_t pes) const {
  times.mapped += pes;
  for (std::size_t which = 0; which < classes_.size(); ++which) times.classes[which] += pes * classes_[which];
  times.end = std::max(times.end, end_);
}

}  // namespace weft::hw
