#include "hw/fabric/line_times.h"

#include <limits>

namespace weft::hw {

using proto::TimeClass;

namespace {

/// Times of the last elements at each place of a line.
class Rings {
 public:
  Rings(std::size_t places, const FabricTiming& timing)
      : history_(static_cast<std::size_t>(timing.history)), times_(places * history_, never_binds) {}
  LaunchCycle& at(std::size_t place, int element) {
    return times_[place * history_ + (static_cast<std::size_t>(element) & (history_ - 1))];
  }

 private:
  static constexpr LaunchCycle never_binds{std::numeric_limits<Cycle>::min() / 2};
  std::size_t history_;
  std::vector<LaunchCycle> times_;
};

/// Whether an element does everything one cycle after the one before it. When as many have as the recurrences look back
/// over, so will all that follow.
class Steady {
 public:
  explicit Steady(const FabricTiming& timing) : history_(timing.history) {}
  void see(LaunchCycle now, LaunchCycle before) { all_ = all_ && now == before + 1; }
  /// At the end of an element.
  bool holds() {
    seen_ = all_ ? seen_ + 1 : 0;
    all_ = true;
    return seen_ >= history_;
  }

 private:
  int history_;
  bool all_ = true;
  int seen_ = 0;
};

}  // namespace

std::vector<LaunchCycle> chain_up(const FabricTiming& timing, int elements, bool leaves,
                                  std::vector<LocalThread>& threads) {
  std::vector<LaunchCycle> departures;
  for (LocalThread& thread : threads) thread.issue();
  // Of the element at a line: its cycle in the core, its departures towards the next line and, there, to the core.
  const std::size_t lines = threads.size();
  Rings done(lines, timing), left(lines, timing), given(lines, timing);
  Steady steady(timing);
  for (int j = 0; j < elements; ++j) {
    for (std::size_t line = lines; line-- > 0;) {
      LocalThread& thread = threads[line];
      const bool sends = line > 0 || leaves;
      if (line + 1 < lines) thread.wait(given.at(line, j) + timing.ramp, TimeClass::wait_partial_sum);
      if (sends) thread.wait(left.at(line, j - timing.output_queue) + timing.ramp, TimeClass::blocked);
      const LaunchCycle at = done.at(line, j) = thread.element();
      steady.see(at, done.at(line, j - 1));
      if (!sends) continue;
      LaunchCycle leave = std::max(at + 1 + timing.ramp, left.at(line, j - 1) + 1);
      if (line > 0) {
        leave = std::max(leave, given.at(line - 1, j - timing.link_queue) + 1);
        const LaunchCycle give = std::max({leave + timing.hop, given.at(line - 1, j - 1) + 1,
                                           done.at(line - 1, j - timing.input_queue) + timing.ramp});
        steady.see(give, given.at(line - 1, j - 1));
        given.at(line - 1, j) = give;
      }
      steady.see(leave, left.at(line, j - 1));
      left.at(line, j) = leave;
    }
    if (leaves) departures.push_back(left.at(0, j));
    if (!steady.holds()) continue;
    const int rest = elements - 1 - j;
    for (LocalThread& thread : threads) thread.elements(rest);
    for (int later = 1; leaves && later <= rest; ++later) departures.push_back(left.at(0, j) + later);
    break;
  }
  return departures;
}

void broadcast_down(const FabricTiming& timing, int elements, std::vector<LocalThread>& threads) {
  threads.front().issue();
  // Departures of a line's router: its core and the next line take a wavelet in the same cycle.
  const std::size_t lines = threads.size();
  Rings left(lines, timing), done(lines, timing);
  Steady steady(timing);
  for (int j = 0; j < elements; ++j) {
    for (std::size_t line = 0; line < lines; ++line) {
      LocalThread& thread = threads[line];
      LaunchCycle leave = left.at(line, j - 1) + 1;
      if (line + 1 < lines) leave = std::max(leave, left.at(line + 1, j - timing.link_queue) + 1);
      LaunchCycle at;
      if (line == 0) {
        thread.wait(left.at(0, j - timing.output_queue) + timing.ramp, TimeClass::blocked);
        at = thread.element();
        leave = std::max(leave, at + 1 + timing.ramp);
      } else {
        leave =
            std::max({leave, left.at(line - 1, j) + timing.hop, done.at(line, j - timing.input_queue) + timing.ramp});
        thread.wait(leave + timing.ramp, TimeClass::wait_stream);
        at = thread.element();
      }
      steady.see(at, done.at(line, j - 1));
      steady.see(leave, left.at(line, j - 1));
      done.at(line, j) = at;
      left.at(line, j) = leave;
    }
    if (!steady.holds()) continue;
    for (LocalThread& thread : threads) thread.elements(elements - 1 - j);
    return;
  }
}

}  // namespace weft::hw
