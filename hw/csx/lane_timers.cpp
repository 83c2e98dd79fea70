#include "hw/csx/lane_timers.h"

#include <algorithm>
#include <numeric>

namespace weft::hw {

LaneTimers::LaneTimers(const MachineSpec& machine, Wafer& wafer, const EdgeLayout& layout, LaunchMemo* memo,
                       bool keep_edge, StreamOrder order, ThreadPool& pool)
    : wafer_(wafer), pool_(pool), sum_cycles_(static_cast<Cycle>(wafer.lanes() - 1) * machine.io.lane_sum_cycles) {
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

template <typename Step>
Cycle LaneTimers::latest(Step&& step) {
  std::vector<Cycle> cycles(timed_.size());
  pool_.run(static_cast<int>(timed_.size()), [&](int index) {
    const auto at = static_cast<std::size_t>(index);
    cycles[at] = step(*timed_[at].timer);
  });
  return *std::max_element(cycles.begin(), cycles.end());
}

Cycle LaneTimers::feed(Cycle ready, int rounds) {
  return latest([&](MatrixTimer& timer) { return timer.feed(ready, rounds); });
}

Cycle LaneTimers::drain(int rounds) {
  return latest([&](MatrixTimer& timer) { return timer.drain(rounds); }) + sum_cycles_;
}

void LaneTimers::run(int rounds) {
  latest([&](MatrixTimer& timer) { return timer.run(rounds); });
}

LaunchTimes LaneTimers::close() {
  LaunchTimes times;
  for (Timed& timed : timed_) {
    const LaunchTimes& lane = timed.timer->close();
    times.add(lane, timed.count);
  }
  return times;
}

std::int64_t LaneTimers::pe_rounds() const {
  return std::accumulate(timed_.begin(), timed_.end(), std::int64_t{0},
                         [](std::int64_t sum, const Timed& timed) { return sum + timed.timer->pe_rounds(); });
}

}  // namespace weft::hw
