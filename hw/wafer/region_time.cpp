// The time side of a region: which part of a launch it holds, and the bursts that tie its time lines to its
// neighbours'.
#include <algorithm>
#include <limits>

#include "hw/fabric/launch_times.h"
#include "hw/wafer/region.h"

namespace weft::hw {

using proto::BurstKind;
using proto::Side;
using proto::WaveletBurst;

void Region::open_launch(const LaunchMap& map) {
  map_ = &map;
  pe_rounds_ = 0;
  rounds_added_ = 0;
  all_rounds_.clear();
  spared_ = gave_up_ = pushed_round_ = pushed_lines_ = 0;
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

void Region::begin_time(FastForward fast_forward) {
  engine_.reset();
  fold_ = {};
  booked_ = {};
  repeats_ = {};
  listed_ = {};
  find_repeats_ = adds_round_ = false;
  if (!mapped()) return;
  StreamReduceShape shape = whole_shape();
  shape.add_runs = fast_forward.runs;
  find_copies_ = fast_forward.copies && alone() && map_->reduces;
  find_repeats_ = fast_forward.runs && alone() && map_->reduces && !map_->returns && !map_->from_edge && !map_->kept;
  engine_ = std::make_unique<StreamReduce>(timing_, shape);
}

StreamReduceShape Region::whole_shape() const {
  return part_shape(*map_, line_first_, line_last_, position_first_, position_last_, lanes_);
}

LaunchTimes Region::books() const {
  LaunchTimes part = booked_, newest;
  add_part(newest, *map_, *engine_, line_first_ == 0, timing_);
  part.append(newest);
  return part;
}

void Region::add_times(LaunchTimes& times) const {
  if (mapped()) times.add(repeats_.rounds() > 0 ? repeats_.times() : books(), 1);
}

std::int32_t Region::sink_issue(int position) const {
  return adds_round_ ? engine_->closed_issue(position) + repeats_.cycles() : engine_->last_issue(position);
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

void Region::open_round(int round, const std::int32_t* sink_ready) {
  round_ = round;
  sink_ready_ = is_sink() && sink_ready ? sink_ready + position_first_ : nullptr;
  if (lines_folded() && simulates_all(round)) unfold();
  if (find_repeats_) {
    adds_round_ = repeats_.adds(*engine_, map_->owner_row(round), sink_ready_);
    if (!adds_round_) repeats_.settle(*engine_);
  }
  if (!mapped() || !map_->kept) return;
  const std::uint16_t* counts = map_->kept->round(round);
  if (map_->lists()) {
    engine_->begin_round(nullptr, counts + position_first_);
  } else {
    engine_->begin_round(counts + line_first_, nullptr);
  }
}

std::int32_t Region::run_listed(int round, const std::int32_t* edge) {
  StreamReduce::Source source;
  source.owner = map_->owner_row(round);
  listed_.run(*engine_, edge, source, sink_ready_);
  return engine_->list_departure();
}

int Region::owner_here() const {
  const int owner = map_->returns ? map_->owner_row(round_) - line_first_ : -1;
  return owner < engine().shape().lines ? owner : -1;
}

void Region::run_stream(int round, const std::int32_t* edge) {
  round_ = round;
  if (adds_round_) return;
  StreamReduce::Source source;
  if (map_->from_edge) {
    source.edge = edge + line_first_;
  } else {
    source.owner = map_->owner_row(round) - position_first_;
  }
  const bool alone = !neighbour(right()) && (map_->from_edge || !neighbour(left()));
  const StreamReduceShape& shape = engine_->shape();
  for (int line = shape.chain - 1; line >= 0; --line) {
    const int wavelets = engine_->data(line) + 1;
    const int chunk = alone ? wavelets : timing_.link_queue;
    for (int first = 0; first < wavelets; first += chunk)
      stream_chunk(line, first, std::min(first + chunk, wavelets), source);
  }
}

void Region::stream_chunk(int line, int first, int last, const StreamReduce::Source& source) {
  engine_->stream(line, first, last, source);
  const bool to_left = source.owner >= 0 || source.side > 0;
  const bool to_right = source.owner >= 0 || source.side <= 0;
  if (to_left && neighbour(left())) pass_stream(-1, line, first, last);
  if (to_right && neighbour(right())) pass_stream(+1, line, first, last);
  if (map_->reduces && last > engine_->data(line)) open_line(line);
}

// Wavelets [first, last) leave for a neighbour, and when it had room for each comes back.
void Region::pass_stream(int side, int line, int first, int last) {
  WaveletBurst burst;
  burst.kind = BurstKind::stream;
  burst.round = round_;
  burst.line = line;
  burst.first = first;
  burst.last = last;
  for (int offset = first; offset < last; ++offset) burst.times.push_back(engine_->departure(side, line, offset));
  send(side < 0 ? left() : right(), burst);
  for (int offset = first; offset < last; ++offset)
    engine_->halo(side, line, offset) = burst.credits[static_cast<std::size_t>(offset - first)];
}

void Region::open_line(int line) {
  engine_->open_reduction(line, sink_ready_);
  for (int element = 0; element < engine_->early_elements(); ++element) {
    engine_->reduce_early(line, element, owner_here());
    if (line == 0) hand_on(BurstKind::early_sum, element, element + 1);
  }
}

void Region::run_sum(int round) {
  round_ = round;
  if (adds_round_) return;
  const bool alone = !neighbour(above()) && !(map_->returns && neighbour(below()));
  const int elements = engine_->max_elements();
  const int chunk = alone ? std::max(elements, 1) : 1;
  for (int first = engine_->early_elements(); first < elements; first += chunk)
    sum_elements(first, std::min(first + chunk, elements));
}

// With a neighbour along the chain an element at a time: what it returns to an owner may take cycles from the next.
void Region::sum_elements(int first, int last) {
  engine_->reduce(first, last, owner_here());
  hand_on(BurstKind::partial_sum, first, last);
}

// What has left the router of line 0, if another region takes it.
void Region::hand_on(BurstKind kind, int first, int last) {
  if (neighbour(above())) {
    WaveletBurst burst;
    burst.kind = kind;
    burst.round = round_;
    burst.first = first;
    burst.last = last;
    burst.times.resize(static_cast<std::size_t>(engine_->shape().positions));
    engine_->get_leaving(first, burst.times.data());
    send(above(), burst);
    engine_->set_above(first, burst.credits.data());
  } else if (map_->returns && owner_here() < 0) {
    const std::int32_t* times = engine_->returned();
    pass_returned(round_, first, last, std::vector<std::int32_t>(times, times + engine_->shape().positions));
  }
}

void Region::pass_returned(int round, int first, int last, std::vector<std::int32_t> times) {
  WaveletBurst burst;
  burst.kind = BurstKind::returned_sum;
  burst.round = round;
  burst.first = first;
  burst.last = last;
  for (std::int32_t& time : times) time += engine_->shape().lines * timing_.hop;
  burst.times = std::move(times);
  send(below(), burst);
}

void Region::close_round(int round) {
  if (!mapped()) return;
  if (adds_round_) {
    ++rounds_added_;
    if (!map_->last_round_of_block(round)) return;
    repeats_.settle(*engine_);
    return engine_->owners_to_come(map_->next_owner(round));
  }
  if (map_->reduces) {
    engine_->close_reduction(line_first_ == 0 && map_->advances(round));
  } else {
    engine_->close_without_reduction();
    if (round + 1 == map_->rounds) engine_->round_sums();
  }
  if (!map_->from_edge) engine_->owners_to_come(map_->next_owner(round) - position_first_);
  pe_rounds_ += std::int64_t{engine_->shape().lines} * engine_->shape().positions;
  fold_copies(round);
  find_repeat(round);
}

std::int32_t Region::edge_departure() {
  std::int32_t last = std::numeric_limits<std::int32_t>::min();
  const StreamReduceShape& shape = engine_->shape();
  for (int line = 0; line < shape.chain; ++line) last = std::max(last, engine_->halo(-1, line, engine_->data(line)));
  return last;
}

void Region::take_edge_slack(std::vector<std::int32_t>& slack) {
  for (int line = 0; line < engine_->shape().chain; ++line) {
    std::int32_t& least = slack[static_cast<std::size_t>(line_first_ + line)];
    least = std::min(least, engine_->edge_slack(line));
  }
  engine_->reset_edge_slack();
}

void Region::take_burst(Side from, WaveletBurst& burst) {
  ++bursts_;
  round_ = burst.round;
  switch (burst.kind) {
    case BurstKind::stream: {
      const int side = from == left() ? -1 : +1;
      StreamReduce::Source source;
      source.side = side;
      for (int offset = burst.first; offset < burst.last; ++offset)
        engine_->halo(side, burst.line, offset) = burst.times[static_cast<std::size_t>(offset - burst.first)];
      stream_chunk(burst.line, burst.first, burst.last, source);
      for (int offset = burst.first; offset < burst.last; ++offset)
        burst.credits.push_back(engine_->departure(side, burst.line, offset));
      return;
    }
    case BurstKind::early_sum:
    case BurstKind::partial_sum:
      engine_->set_below(burst.first, burst.times.data());
      if (burst.kind == BurstKind::early_sum) {
        engine_->take_early(burst.first);
      } else {
        sum_elements(burst.first, burst.last);
      }
      burst.credits.resize(burst.times.size());
      engine_->get_credits(burst.first, burst.credits.data());
      return;
    case BurstKind::returned_sum: {
      const StreamReduceShape& shape = engine_->shape();
      const int owner = map_->owner_row(burst.round) - line_first_;
      if (owner >= shape.lines) return pass_returned(burst.round, burst.first, burst.last, burst.times);
      std::vector<std::int32_t> arrival = burst.times;
      for (std::int32_t& time : arrival) time += owner * timing_.hop + timing_.ramp;
      for (int position = 0; position < shape.positions; ++position)
        if (shape.elements[static_cast<std::size_t>(position)] > burst.first)
          engine_->receive(owner, arrival.data(), position, position + 1);
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
