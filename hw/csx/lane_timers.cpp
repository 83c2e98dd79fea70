#include "hw/csx/lane_timers.h"

#include <algorithm>

namespace weft::hw {

LaneTimers::LaneTimers(const MachineSpec& machine, Wafer& wafer, const EdgeLayout& layout, LaunchMemo* memo,
                       bool keep_edge, StreamOrder order)
    : wafer_(wafer), sum_cycles_(static_cast<Cycle>(wafer.lanes() - 1) * machine.io.lane_sum_cycles) {
  for (int lane = 0; lane < wafer.lanes(); ++lane) {
    const bool copy = memo && lane > 0 && wafer.lane_tokens(lane) == wafer.lane_tokens(lane - 1);
    if (copy) {
      ++timed_.back().count;
    } else {
      timed_.push_back(
          {lane, 1, std::make_unique<MatrixTimer>(machine, wafer.lane(lane), layout, memo, keep_edge, order)});
    }
  }
}

void LaneTimers::open(KernelKind kind, int inputs, int outputs, Cycle start) {
  for (Timed& timed : timed_)
    timed.timer->open(wafer_.map(timed.lane), {kind, inputs, outputs, wafer_.lane_tokens(timed.lane)}, start);
}

Cycle LaneTimers::feed(Cycle ready, int rounds) {
  Cycle left = 0;
  for (Timed& timed : timed_) left = std::max(left, timed.timer->feed(ready, rounds));
  return left;
}

Cycle LaneTimers::drain(int rounds) {
  Cycle done = 0;
  for (Timed& timed : timed_) done = std::max(done, timed.timer->drain(rounds));
  return done + sum_cycles_;
}

void LaneTimers::run(int rounds) {
  for (Timed& timed : timed_) timed.timer->run(rounds);
}

LaunchTimes LaneTimers::close() {
  LaunchTimes times;
  for (Timed& timed : timed_) {
    const LaunchTimes& lane = timed.timer->close();
    times.add(lane, timed.count);
    if (timed.timer->added()) continue;
    const LaunchMap& map = wafer_.map(timed.lane);
    times.pe_rounds_copied +=
        (timed.count - 1) * (static_cast<std::int64_t>(map.rounds) * map.lines * map.positions - lane.pe_rounds_copied);
  }
  return times;
}

}  // namespace weft::hw
