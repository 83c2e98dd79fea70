#include "hw/fabric/local_thread.h"

#include "hw/pe/memory_walk.h"

namespace weft::hw {

using proto::TimeClass;

void LocalThread::issue(const Instruction& instruction, const VectorPlace& place) {
  const VectorWords words = words_of(instruction, place, instruction.count);
  if (words.waits_for(written_)) wait(ready_, TimeClass::overhead);
  if (words.written.first != words.written.end) {
    ready_ = end_ + pe_->vector_fill_cycles;
    written_ = words.written;
  }
  take(TimeClass::overhead, pe_->vector_issue_cycles);
}

void LocalThread::vector(const Instruction& instruction, const VectorPlace& place) {
  issue(instruction, place);
  take(TimeClass::compute, vector_length(instruction, place, *pe_) - pe_->vector_issue_cycles);
}

void LocalThread::vector_of_window(const Instruction& instruction) {
  const Instruction moved = over_window(instruction, window_);
  vector(moved, place_of(moved, 0, 0));
  window_.stored = static_cast<std::uint16_t>(window_.stored + moved.count);
}

void LocalThread::take_window() {
  const TokenWindow& next = windows_[window_.taken++];
  window_.first = next.first;
  window_.count = next.count;
  take(TimeClass::overhead, pe_->scalar_cycles);
}

std::size_t LocalThread::run(const std::vector<Instruction>& code, std::size_t at) {
  at = walk_in_memory(
      code, at,
      [this](const Instruction& instruction, const VectorPlace& place) {
        if (instruction.windowed) return vector_of_window(instruction);
        vector(instruction, place);
      },
      [this] { take(TimeClass::overhead, pe_->scalar_cycles); }, [this](const Instruction&) { take_window(); });
  next_ = code[at];
  return at;
}

void LocalThread::add_to(LaunchTimes& times, std::int64_t pes) const {
  times.mapped += pes;
  for (std::size_t which = 0; which < classes_.size(); ++which) times.classes[which] += pes * classes_[which];
  times.end = std::max(times.end, end_);
}

}  // namespace weft::hw
