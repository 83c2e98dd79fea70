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
      regions_.push_back(std::make_unique<Region>(fmt::format("region_{}_{}", row, column).c_str(), timing_,
                                                  machine.pe.lanes.fmac_mixed, extent));
    }
  }
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

void Lane::begin_launch(const LaunchMap& map, KernelKind kind, int layer) {
  map_ = &map;
  kind_ = kind;
  layer_ = layer;
  for (auto& part : regions_) part->open_launch(map);
}

void Lane::begin_time(FastForward fast_forward) {
  edge_departure_ = 0;
  sink_issue_.assign(static_cast<std::size_t>(map_->positions), 0);
  for (auto& part : regions_) part->begin_time(fast_forward);
}

void Lane::run_round(int round, const std::int32_t* edge, const std::int32_t* sink_ready) {
  for (auto& part : regions_) part->open_round(round, sink_ready);
  if (map_->lists())
    for (auto& part : regions_) {
      if (!part->starts_sum()) continue;
      part->run_lists(edge);
      edge_departure_ = std::max(edge_departure_, part->list_departure());
    }
  const auto run_stream = [&](auto& part) {
    if (part->starts_stream(round)) part->run_stream(round, edge);
  };
  // From the chain's last line to line 0: northwards, or eastwards.
  if (map_->lines_are_rows) {
    std::for_each(regions_.rbegin(), regions_.rend(), run_stream);
  } else {
    std::for_each(regions_.begin(), regions_.end(), run_stream);
  }
  if (map_->from_edge)
    for (auto& part : regions_)
      if (part->starts_stream(round)) edge_departure_ = std::max(edge_departure_, part->edge_departure());
  for (auto& part : regions_)
    if (part->starts_sum()) part->run_sum(round);
  if (map_->reduces && !map_->returns)
    for (auto& part : regions_)
      if (part->is_sink())
        for (int position = 0; position < part->engine().shape().positions; ++position)
          sink_issue_[static_cast<std::size_t>(part->first_position() + position)] = part->sink_issue(position);
  for (auto& part : regions_) part->close_round(round);
}

std::vector<std::int32_t> Lane::take_edge_slack() {
  std::vector<std::int32_t> slack(static_cast<std::size_t>(map_->chain), std::numeric_limits<std::int32_t>::max());
  for (auto& part : regions_)
    if (part->mapped() && part->first_position() == 0) part->take_edge_slack(slack);
  return slack;
}

bool Lane::copies_failed() const {
  return std::any_of(regions_.begin(), regions_.end(), [](const auto& part) { return part->copies_failed(); });
}

LaunchTimes Lane::times() const {
  LaunchTimes times;
  for (const auto& part : regions_) part->add_times(times);
  return times;
}

std::int64_t Lane::pe_rounds() const {
  return std::accumulate(regions_.begin(), regions_.end(), std::int64_t{0},
                         [](std::int64_t sum, const auto& part) { return sum + part->pe_rounds(); });
}

bool Lane::give_state(StateRows& rows, EngineState& state) const {
  return regions_.size() == 1 && regions_.front()->give_state(rows, state);
}

void Lane::resume(const StateRows& rows, const EngineState& state, int rounds) {
  edge_departure_ = std::numeric_limits<std::int32_t>::min();
  regions_.front()->resume(rows, state, rounds);
}

std::int64_t Lane::cut_crossings() const {
  std::int64_t crossings = 0;
  for (const auto& part : regions_) crossings += part->bursts_received();
  return crossings;
}

}  // namespace weft::hw
