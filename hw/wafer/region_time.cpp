// The time side of a region: which part of a launch it holds, and the bursts that tie its time lines to its
// neighbours'.
#include <algorithm>

#include "hw/fabric/launch_times.h"
#include "hw/wafer/region.h"

namespace weft::hw {

using proto::BurstKind;
using proto::Side;
using proto::WaveletBurst;

void Region::place(const LaunchMap& map) {
  map_ = &map;
  const auto clip = [](int value, int limit) { return std::min(value, limit); };
  if (map.lines_are_rows) {
    line_first_ = clip(extent_.row_first, map.lines);
    line_last_ = clip(extent_.row_last, map.lines);
    position_first_ = clip(extent_.column_first, map.positions);
    position_last_ = clip(extent_.column_last, map.positions);
  } else {
    line_first_ = map.lines - clip(extent_.column_last, map.lines);
    line_last_ = map.lines - clip(extent_.column_first, map.lines);
    position_first_ = clip(extent_.row_first, map.positions);
    position_last_ = clip(extent_.row_last, map.positions);
  }
}

void Region::begin_time(int lanes, FastForward fast_forward) {
  engine_.reset();
  folded_.reset();
  if (!mapped()) return;
  StreamReduceShape shape = part_shape(*map_, line_first_, line_last_, position_first_, position_last_, lanes);
  shape.add_runs = fast_forward.runs;
  find_copies_ = fast_forward.copies && alone() && map_->reduces;
  engine_ = std::make_unique<StreamReduce>(timing_, shape);
}

bool Region::alone() const {
  return !neighbour(left()) && !neighbour(right()) && !neighbour(above()) && !neighbour(below());
}

// Columns become copies when the differences of the launch's begin have passed; to look costs about a round.
void Region::fold_copies(int round) {
  constexpr int rounds_between_looks = 4;
  if (!find_copies_ || folded_ || (round > rounds_between_looks && round % rounds_between_looks != 0)) return;
  Fold fold = engine_->find_fold(!map_->lines_are_rows);
  const int columns = map_->lines_are_rows ? map_->positions : map_->lines;
  constexpr int least_gain = 2;
  if (static_cast<int>(fold.first.size()) * least_gain > columns) return;
  fold_ = std::move(fold);
  folded_ = std::make_unique<StreamReduce>(engine_->folded(fold_));
}

void Region::end_time() {
  if (folded_) engine_->unfold(*folded_, fold_);
  folded_.reset();
  if (mapped() && !map_->reduces) engine_->round_sums();
}

bool Region::neighbour(Side side) const {
  if (side == left()) return position_first_ > 0;
  if (side == right()) return position_last_ < map_->positions;
  if (side == above()) return line_first_ > 0;
  return line_last_ < map_->lines;
}

bool Region::starts_stream(int round) const {
  if (!mapped()) return false;
  if (map_->from_edge) return position_first_ == 0;
  const int owner = map_->owner_row(round);
  return owner >= position_first_ && owner < position_last_;
}

bool Region::starts_sum() const {
  return mapped() && map_->reduces && map_->chain > line_first_ && map_->chain <= line_last_;
}

void Region::begin_round(int round, const std::int32_t* edge) {
  if (!mapped() || !map_->kept) return;
  const std::uint16_t* counts = map_->kept->round(round);
  if (!map_->lists()) return active().begin_round(counts + line_first_, nullptr);
  active().begin_round(nullptr, counts + position_first_);
  active().take_lists(edge + position_first_);
}

void Region::run_stream(int round, const std::int32_t* edge) {
  round_ = round;
  StreamReduce::Source source;
  if (map_->from_edge) {
    source.edge = edge + line_first_;
  } else {
    source.owner = map_->owner_row(round) - position_first_;
  }
  int wavelets = 0;
  for (int count : active().shape().wavelets) wavelets = std::max(wavelets, count + 1);
  const bool alone = !neighbour(right()) && (map_->from_edge || !neighbour(left()));
  const int chunk = alone ? wavelets : timing_.link_queue;
  for (int first = 0; first < wavelets; first += chunk) stream_chunks(first, std::min(first + chunk, wavelets), source);
}

void Region::stream_chunks(int first, int last, const StreamReduce::Source& source) {
  active().stream(first, last, source);
  const bool to_left = source.owner >= 0 || source.side > 0;
  const bool to_right = source.owner >= 0 || source.side <= 0;
  if (to_left && neighbour(left())) pass_stream(-1, first, last);
  if (to_right && neighbour(right())) pass_stream(+1, first, last);
}

void Region::pass_stream(int side, int first, int last) {
  WaveletBurst burst;
  burst.kind = BurstKind::stream;
  burst.round = round_;
  burst.first = first;
  burst.last = last;
  const StreamReduceShape& shape = active().shape();
  const auto wide = static_cast<std::size_t>(last - first);
  burst.times.assign(static_cast<std::size_t>(shape.chain) * wide, 0);
  const auto for_each = [&](auto&& visit) {
    for (int line = 0; line < shape.chain; ++line)
      for (int offset = first; offset < std::min(last, active().data(line) + 1); ++offset)
        visit(line, offset, static_cast<std::size_t>(line) * wide + static_cast<std::size_t>(offset - first));
  };
  for_each([&](int line, int offset, std::size_t at) { burst.times[at] = active().departure(side, line, offset); });
  send(side < 0 ? left() : right(), burst);
  for_each([&](int line, int offset, std::size_t at) { active().halo(side, line, offset) = burst.credits[at]; });
}

void Region::open_sum(const std::int32_t* sink_ready) {
  if (mapped() && map_->reduces)
    active().open_reduction(is_sink() && sink_ready ? sink_ready + position_first_ : nullptr);
}

void Region::run_sum(int round) {
  round_ = round;
  const bool alone = !neighbour(above()) && !(map_->returns && neighbour(below()));
  const int elements = active().max_elements();
  const int chunk = alone ? std::max(elements, 1) : 1;
  for (int first = 0; first < elements; first += chunk) sum_elements(first, std::min(first + chunk, elements));
}

// With a neighbour along the chain an element at a time: what it returns to an owner may take cycles from the next.
void Region::sum_elements(int first, int last) {
  const int owner = map_->returns ? map_->owner_row(round_) - line_first_ : -1;
  const bool here = owner >= 0 && owner < active().shape().lines;
  active().reduce(first, last, here ? owner : -1);
  if (neighbour(above())) {
    WaveletBurst burst;
    burst.kind = BurstKind::partial_sum;
    burst.round = round_;
    burst.first = first;
    burst.last = last;
    burst.times.resize(static_cast<std::size_t>(active().shape().positions));
    active().get_leaving(first, burst.times.data());
    send(above(), burst);
    active().set_above(first, burst.credits.data());
  } else if (map_->returns && !here) {
    const std::int32_t* times = active().returned();
    pass_returned(round_, first, last, std::vector<std::int32_t>(times, times + active().shape().positions));
  }
}

void Region::pass_returned(int round, int first, int last, std::vector<std::int32_t> times) {
  WaveletBurst burst;
  burst.kind = BurstKind::returned_sum;
  burst.round = round;
  burst.first = first;
  burst.last = last;
  for (std::int32_t& time : times) time += active().shape().lines * timing_.hop;
  burst.times = std::move(times);
  send(below(), burst);
}

void Region::close_round(int round) {
  if (!mapped()) return;
  if (map_->reduces) {
    active().close_reduction(line_first_ == 0 && map_->advances(round));
  } else {
    active().close_without_reduction();
  }
  fold_copies(round);
}

std::int32_t Region::edge_departure() {
  std::int32_t last = 0;
  const StreamReduceShape& shape = active().shape();
  if (map_->lists())
    for (int position = 0; position < shape.positions && shape.elements[static_cast<std::size_t>(position)] > 0;
         ++position)
      last = std::max(last, active().list_departure(position));
  for (int line = 0; map_->from_edge && line < shape.chain; ++line)
    last = std::max(last, active().halo(-1, line, active().data(line)));
  return last;
}

void Region::take_edge_slack(std::vector<std::int32_t>& slack) {
  for (int line = 0; line < active().shape().chain; ++line) {
    std::int32_t& least = slack[static_cast<std::size_t>(line_first_ + line)];
    least = std::min(least, active().edge_slack(line));
  }
  active().reset_edge_slack();
}

void Region::take_burst(Side from, WaveletBurst& burst) {
  ++bursts_;
  round_ = burst.round;
  switch (burst.kind) {
    case BurstKind::stream: {
      const StreamReduceShape& shape = active().shape();
      const int side = from == left() ? -1 : +1;
      const auto wide = static_cast<std::size_t>(burst.last - burst.first);
      StreamReduce::Source source;
      source.side = side;
      burst.credits = burst.times;
      const auto for_each = [&](auto&& visit) {
        for (int line = 0; line < shape.chain; ++line)
          for (int offset = burst.first; offset < std::min(burst.last, active().data(line) + 1); ++offset)
            visit(line, offset, static_cast<std::size_t>(line) * wide + static_cast<std::size_t>(offset - burst.first));
      };
      for_each([&](int line, int offset, std::size_t at) { active().halo(side, line, offset) = burst.times[at]; });
      stream_chunks(burst.first, burst.last, source);
      for_each(
          [&](int line, int offset, std::size_t at) { burst.credits[at] = active().departure(side, line, offset); });
      return;
    }
    case BurstKind::partial_sum:
      active().set_below(burst.first, burst.times.data());
      sum_elements(burst.first, burst.last);
      burst.credits.resize(burst.times.size());
      active().get_credits(burst.first, burst.credits.data());
      return;
    case BurstKind::returned_sum: {
      const StreamReduceShape& shape = active().shape();
      const int owner = map_->owner_row(burst.round) - line_first_;
      if (owner >= shape.lines) return pass_returned(burst.round, burst.first, burst.last, burst.times);
      std::vector<std::int32_t> arrival = burst.times;
      for (std::int32_t& time : arrival) time += owner * timing_.hop + timing_.ramp;
      for (int position = 0; position < shape.positions; ++position)
        if (shape.elements[static_cast<std::size_t>(position)] > burst.first)
          active().receive(owner, arrival.data(), position, position + 1);
      return;
    }
    case BurstKind::stream_values:
      use_scalars(burst.round, burst.rounds, burst.values.data(), static_cast<int>(burst.values.size()) / burst.rounds);
      if (neighbour(opposite(from))) send(opposite(from), burst);
      return;
    case BurstKind::partial_sum_values:
      sums_ = std::move(burst.values);
      return sum_values(burst.round, burst.rounds);
    case BurstKind::returned_sum_values:
      return deliver(burst.round, burst.rounds, burst.values);
  }
}

}  // namespace weft::hw
