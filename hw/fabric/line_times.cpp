#include "hw/fabric/line_times.h"

#include <limits>

namespace weft::hw {

using proto::TimeClass;

namespace {

/// Times of the last elements at each place of a line.
class Rings {
 public:
  explicit Rings(std::size_t places) : times_(places * history_depth, never_binds) {}
  Cycle& at(std::size_t place, int element) {
    return times_[place * history_depth + static_cast<std::size_t>(element & (history_depth - 1))];
  }

 private:
  static constexpr Cycle never_binds = std::numeric_limits<Cycle>::min() / 2;
  std::vector<Cycle> times_;
};

}  // namespace

Cycle chain_up(const FabricTiming& timing, int elements, bool leaves, std::vector<LocalThread>& threads) {
  for (LocalThread& thread : threads) thread.issue();
  // Of the element at a line: its cycle in the core, its departures towards the next line and, there, to the core.
  const std::size_t lines = threads.size();
  Rings done(lines), left(lines), given(lines);
  for (int j = 0; j < elements; ++j) {
    for (std::size_t line = lines; line-- > 0;) {
      LocalThread& thread = threads[line];
      const bool sends = line > 0 || leaves;
      if (line + 1 < lines) thread.wait(given.at(line, j) + timing.ramp, TimeClass::wait_partial_sum);
      if (sends) thread.wait(left.at(line, j - timing.output_queue) + timing.ramp, TimeClass::blocked);
      const Cycle at = done.at(line, j) = thread.element();
      if (!sends) continue;
      Cycle& leave = left.at(line, j);
      leave = std::max(at + 1 + timing.ramp, left.at(line, j - 1) + 1);
      if (line == 0) continue;
      leave = std::max(leave, given.at(line - 1, j - timing.link_queue) + 1);
      given.at(line - 1, j) = std::max(
          {leave + timing.hop, given.at(line - 1, j - 1) + 1, done.at(line - 1, j - timing.input_queue) + timing.ramp});
    }
  }
  return left.at(0, elements - 1);
}

void broadcast_down(const FabricTiming& timing, int elements, std::vector<LocalThread>& threads) {
  threads.front().issue();
  // Departures of a line's router: its core and the next line take a wavelet in the same cycle.
  const std::size_t lines = threads.size();
  Rings left(lines), taken(lines);
  for (int j = 0; j < elements; ++j) {
    for (std::size_t line = 0; line < lines; ++line) {
      LocalThread& thread = threads[line];
      Cycle leave = left.at(line, j - 1) + 1;
      if (line + 1 < lines) leave = std::max(leave, left.at(line + 1, j - timing.link_queue) + 1);
      if (line == 0) {
        thread.wait(left.at(0, j - timing.output_queue) + timing.ramp, TimeClass::blocked);
        left.at(0, j) = std::max(leave, thread.element() + 1 + timing.ramp);
        continue;
      }
      leave =
          std::max({leave, left.at(line - 1, j) + timing.hop, taken.at(line, j - timing.input_queue) + timing.ramp});
      left.at(line, j) = leave;
      thread.wait(leave + timing.ramp, TimeClass::wait_stream);
      taken.at(line, j) = thread.element();
    }
  }
}

}  // namespace weft::hw
