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

void LaneTimers::open(KernelKind kind, const MatrixLayer& layer, RunCycle start) {
  for (Timed& timed : timed_)
    timed.timer->open(wafer_.map(timed.lane),
                      {kind, layer.inputs, layer.outputs, wafer_.lane_tokens(timed.lane), layer.mask.get(), layer.bias,
                       layer.half_sums.of(kind)},
                      start);
}

template <typename Step>
EdgeMarks LaneTimers::latest(Step&& step) {
  std::vector<EdgeMarks> marks(timed_.size());
  pool_.run(static_cast<int>(timed_.size()), [&](int index) {
    const auto at = static_cast<std::size_t>(index);
    marks[at] = step(*timed_[at].timer);
  });
  EdgeMarks latest;
  for (const EdgeMarks& lane : marks) {
    latest.left = std::max(latest.left, lane.left);
    latest.drained = std::max(latest.drained, lane.drained);
  }
  return latest;
}

RunCycle LaneTimers::feed(RunCycle ready, int rounds) {
  return latest([&](MatrixTimer& timer) { return EdgeMarks{timer.feed(ready, rounds), {}}; }).left;
}

RunCycle LaneTimers::drain(int rounds) {
  return latest([&](MatrixTimer& timer) { return EdgeMarks{{}, timer.drain(rounds)}; }).drained + sum_cycles_;
}

EdgeMarks LaneTimers::feed_and_drain(RunCycle ready, int rounds) {
  EdgeMarks marks = latest([&](MatrixTimer& timer) { return timer.feed_and_drain(ready, rounds); });
  marks.drained += sum_cycles_;
  return marks;
}

void LaneTimers::run(int rounds) {
  latest([&](MatrixTimer& timer) {
    timer.run(rounds);
    return EdgeMarks{};
  });
}

std::vector<RunCycle> LaneTimers::drain_line(const MatrixLayer& layer, Rectangle lane, RunCycle start,
                                             const std::function<const ColumnTimes&(int tokens)>& line) {
  std::vector<RunCycle> latest(static_cast<std::size_t>(layer.outputs), RunCycle());
  for (const Timed& timed : timed_) {
    const int tokens = wafer_.lane_tokens(timed.lane);
    const LaunchMap map(KernelKind::matmul_gradient, layer, lane, tokens);
    const std::vector<RunCycle> at_edge = timed.timer->drain_line(map, start, line(tokens));
    for (std::size_t round = 0; round < at_edge.size(); ++round)
      latest[round] = std::max(latest[round], at_edge[round] + sum_cycles_);
  }
  return latest;
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
