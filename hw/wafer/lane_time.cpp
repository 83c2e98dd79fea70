#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "hw/wafer/lane.h"

namespace weft::hw {

using proto::Side;

Lane::Lane(const sc_core::sc_module_name& name, const MachineSpec& machine, const Job& job, Rectangle rectangle,
           int tokens, WaferCut cut, ThreadPool& pool)
    : sc_module(name),
      machine_(machine),
      job_(job),
      rectangle_(rectangle),
      tokens_(tokens),
      cut_(cut),
      timing_(machine),
      pool_(pool) {
  for (int row = 0; row < cut.rows; ++row) {
    for (int column = 0; column < cut.columns; ++column) {
      RegionExtent extent;
      extent.row_first = split_first(rectangle.height, cut.rows, row);
      extent.row_last = split_first(rectangle.height, cut.rows, row + 1);
      extent.column_first = split_first(rectangle.width, cut.columns, column);
      extent.column_last = split_first(rectangle.width, cut.columns, column + 1);
      regions_.push_back(std::make_unique<Region>(fmt::format("region_{}_{}", row, column).c_str(), timing_, extent));
    }
  }
  if (regions_.size() > 1)
    whole_ = std::make_unique<Region>("whole", timing_, RegionExtent{0, rectangle.height, 0, rectangle.width});
  const auto join = [](Region& from, Side side, Region& to) {
    from.out(side).bind(to.in(opposite(side)));
    to.out(opposite(side)).bind(from.in(side));
  };
  for (int row = 0; row < cut.rows; ++row) {
    for (int column = 0; column < cut.columns; ++column) {
      if (column + 1 < cut.columns) join(region(row, column), Side::east, region(row, column + 1));
      if (row + 1 < cut.rows) join(region(row, column), Side::south, region(row + 1, column));
    }
  }
}

void Lane::begin_launch(const LaunchMap& map, const Launch& launch) {
  map_ = &map;
  launch_ = launch;
  for (auto& part : regions_) part->open_launch(map);
  timed_.clear();
  if (retimes(timing_, map) && whole_) {
    whole_->open_launch(map);
    timed_.push_back(whole_.get());
  } else {
    for (auto& part : regions_) timed_.push_back(part.get());
  }
}

void Lane::begin_time(FastForward fast_forward) {
  sink_issue_.assign(static_cast<std::size_t>(map_->positions), 0);
  for (Region* part : timed_) part->begin_time(fast_forward);
}

void Lane::run_round(int round, const std::int32_t* edge, const std::int32_t* sink_ready) {
  edge_departure_ = std::numeric_limits<std::int32_t>::min();
  for (Region* part : timed_) part->open_round(round, sink_ready);
  const auto run_stream = [&](Region* part) {
    if (part->part().starts_stream(round)) part->run_stream(round, edge);
  };
  // From the chain's last line to line 0: northwards, or eastwards.
  const bool retimed = retimes(timing_, *map_);
  if (retimed) {
    timed_.front()->run_retimed(round, edge);
  } else if (map_->lines_are_rows) {
    std::for_each(timed_.rbegin(), timed_.rend(), run_stream);
  } else {
    std::for_each(timed_.begin(), timed_.end(), run_stream);
  }
  if (map_->from_edge || map_->lists())
    for (Region* part : timed_)
      if (part->part().starts_stream(round)) edge_departure_ = std::max(edge_departure_, part->edge_departure());
  for (Region* part : timed_)
    if (part->part().starts_sum() && !retimed) part->run_sum(round);
  if (map_->reduces && !map_->returns)
    for (Region* part : timed_)
      if (part->part().is_sink())
        for (int position = 0; position < part->engine().shape().positions; ++position)
          sink_issue_[static_cast<std::size_t>(part->part().position_first() + position)] = part->sink_issue(position);
  for (Region* part : timed_) part->close_round(round);
}

std::vector<std::int32_t> Lane::take_edge_slack() {
  std::vector<std::int32_t> slack(static_cast<std::size_t>(map_->chain), std::numeric_limits<std::int32_t>::max());
  for (Region* part : timed_)
    if (part->part().mapped() && part->part().position_first() == 0) part->take_edge_slack(slack);
  return slack;
}

bool Lane::copies_failed() const {
  return std::any_of(timed_.begin(), timed_.end(), [](const Region* part) { return part->copies_failed(); });
}

EngineTimes Lane::times() const {
  EngineTimes times;
  for (const Region* part : timed_) part->add_times(times);
  return times;
}

std::int64_t Lane::pe_rounds() const {
  return std::accumulate(timed_.begin(), timed_.end(), std::int64_t{0},
                         [](std::int64_t sum, const Region* part) { return sum + part->pe_rounds(); });
}

bool Lane::give_state(StateRows& rows, EngineState& state) const {
  return timed_.size() == 1 && timed_.front()->give_state(rows, state);
}

void Lane::resume(const StateRows& rows, const EngineState& state, int rounds) {
  timed_.front()->resume(rows, state, rounds);
}

std::int64_t Lane::cut_crossings() const {
  std::int64_t crossings = 0;
  for (const auto& part : regions_) crossings += part->bursts_received();
  return crossings;
}

}  // namespace weft::hw
