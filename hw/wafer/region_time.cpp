// The time side of a region: which part of a launch it holds, and the bursts that tie its time lines to its
// neighbours'.
#include <algorithm>
#include <limits>

#include "hw/fabric/launch_times.h"
#include "hw/fast_forward/steady_runs.h"
#include "hw/wafer/region.h"

namespace weft::hw {

using proto::BurstKind;
using proto::Side;
using proto::WaveletBurst;

void Region::open_launch(const LaunchMap& map) {
  part_ = LaunchPart(map, extent_);
  pe_rounds_ = 0;
  rounds_added_ = 0;
  search_ = {};
}

void Region::begin_time(FastForward fast_forward) {
  engine_.reset();
  fold_ = {};
  booked_ = {};
  repeats_ = {};
  retimed_ = {};
  find_repeats_ = adds_round_ = false;
  if (!part_.mapped()) return;
  add_runs_ = fast_forward.runs;
  find_copies_ = fast_forward.copies && part_.alone() && part_.map().reduces;
  find_repeats_ = fast_forward.runs && part_.alone() && part_.map().reduces && !part_.map().returns &&
                  !part_.map().from_edge && !part_.map().kept;
  engine_ = std::make_unique<StreamReduce>(timing_of(timing_, part_.map()), whole_shape());
}

StreamReduceShape Region::whole_shape() const {
  return part_shape(part_.map(), part_.line_first(), part_.line_last(), part_.position_first(), part_.position_last(),
                    timing_);
}

EngineTimes Region::books() const {
  EngineTimes part = booked_, newest;
  add_part(newest, part_.map(), *engine_, part_.line_first() == 0, timing_of(timing_, part_.map()));
  part.append(newest);
  return part;
}

void Region::add_times(EngineTimes& times) const {
  if (part_.mapped()) times.add(repeats_.rounds() > 0 ? repeats_.times() : books(), 1);
}

std::int32_t Region::sink_issue(int position) const {
  return adds_round_ ? engine_->state().issue.row(0)[position] + repeats_.cycles() : engine_->last_issue(position);
}

void Region::open_round(int round, const std::int32_t* sink_ready) {
  round_ = round;
  sink_ready_ = part_.is_sink() && sink_ready ? sink_ready + part_.position_first() : nullptr;
  if (lines_folded() && search_.simulates_all(round)) unfold();
  if (find_repeats_) {
    adds_round_ = repeats_.adds(*engine_, part_.map().owner_row(round), sink_ready_);
    if (!adds_round_) repeats_.settle(*engine_);
  }
  if (!part_.mapped() || !part_.map().kept) return;
  const std::uint16_t* counts = part_.map().kept->round(round);
  if (part_.map().lists()) {
    engine_->begin_round(nullptr, counts + part_.position_first());
  } else {
    engine_->begin_round(counts + part_.line_first(), nullptr);
  }
}

void Region::run_retimed(int round, const std::int32_t* edge) {
  StreamReduce::Source source;
  if (part_.map().lists()) {
    source.owner = part_.map().owner_row(round);
    return retimed_.run_listed(*engine_, edge, source, sink_ready_);
  }
  source.edge = edge;
  const int owner = owner_here();
  retimed_.run_returning(*engine_, owner, [&](StreamReduce& engine) {
    if (add_runs_) {
      stream_in_runs(engine, source, nullptr, owner);
    } else {
      engine.stream(source, nullptr, owner);
    }
  });
}

int Region::owner_here() const {
  const int owner = part_.map().returns ? part_.map().owner_row(round_) - part_.line_first() : -1;
  return owner < engine().shape().lines ? owner : -1;
}

void Region::run_stream(int round, const std::int32_t* edge) {
  round_ = round;
  if (adds_round_) return;
  StreamReduce::Source source;
  if (part_.map().from_edge) {
    source.edge = edge + part_.line_first();
  } else {
    source.owner = part_.map().owner_row(round) - part_.position_first();
  }
  const bool alone = !part_.neighbour(part_.right()) && (part_.map().from_edge || !part_.neighbour(part_.left()));
  const StreamReduceShape& shape = engine_->shape();
  for (int line = shape.chain - 1; line >= 0; --line) {
    if (alone && add_runs_) {
      stream_in_runs(*engine_, line, source);
      if (part_.map().reduces) open_line(line);
      continue;
    }
    const int wavelets = engine_->sizes().data(line) + 1;
    const int chunk = alone ? wavelets : timing_.link_queue;
    for (int first = 0; first < wavelets; first += chunk)
      stream_chunk(line, first, std::min(first + chunk, wavelets), source);
  }
}

void Region::stream_chunk(int line, int first, int last, const StreamReduce::Source& source) {
  engine_->stream(line, first, last, source);
  const bool to_left = source.owner >= 0 || source.side > 0;
  const bool to_right = source.owner >= 0 || source.side <= 0;
  if (to_left && part_.neighbour(part_.left())) pass_stream(-1, line, first, last);
  if (to_right && part_.neighbour(part_.right())) pass_stream(+1, line, first, last);
  if (part_.map().reduces && last > engine_->sizes().data(line)) open_line(line);
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
  send(side < 0 ? part_.left() : part_.right(), burst);
  for (int offset = first; offset < last; ++offset)
    engine_->halo(side, line, offset) = burst.credits[static_cast<std::size_t>(offset - first)];
}

void Region::open_line(int line) {
  engine_->open_reduction(line, sink_ready_);
  for (int element = 0; element < engine_->sizes().early_elements(); ++element) {
    engine_->reduce_early(line, element, owner_here());
    if (line == 0) hand_on(BurstKind::early_sum, element, element + 1);
  }
}

void Region::run_sum(int round) {
  round_ = round;
  if (adds_round_) return;
  const bool alone = !part_.neighbour(part_.above()) && !(part_.map().returns && part_.neighbour(part_.below()));
  const int elements = engine_->sizes().max_elements();
  const int chunk = alone ? std::max(elements, 1) : 1;
  for (int first = engine_->sizes().early_elements(); first < elements; first += chunk)
    sum_elements(first, std::min(first + chunk, elements));
}

// With a neighbour along the chain an element at a time: what it returns to an owner may take cycles from the next.
void Region::sum_elements(int first, int last) {
  engine_->reduce(first, last, owner_here());
  hand_on(BurstKind::partial_sum, first, last);
}

// What has left the router of line 0, if another region takes it.
void Region::hand_on(BurstKind kind, int first, int last) {
  if (part_.neighbour(part_.above())) {
    WaveletBurst burst;
    burst.kind = kind;
    burst.round = round_;
    burst.first = first;
    burst.last = last;
    burst.times.resize(static_cast<std::size_t>(engine_->shape().positions));
    engine_->get_leaving(first, burst.times.data());
    send(part_.above(), burst);
    engine_->set_above(first, burst.credits.data());
  } else if (part_.map().returns && owner_here() < 0) {
    pass_returned(round_, first, last, engine_->state().returned.times());
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
  send(part_.below(), burst);
}

void Region::close_round(int round) {
  if (!part_.mapped()) return;
  if (adds_round_) {
    ++rounds_added_;
    if (!part_.map().last_round_of_block(round)) return;
    repeats_.settle(*engine_);
    return engine_->state().sizes.owners_to_come(part_.map().next_owner(round));
  }
  if (part_.map().reduces) {
    engine_->close_reduction(part_.line_first() == 0 && part_.map().advances(round));
  } else {
    engine_->close_without_reduction();
    if (round + 1 == part_.map().rounds && part_.map().rounds_sums()) engine_->round_sums();
  }
  if (!part_.map().from_edge)
    engine_->state().sizes.owners_to_come(part_.map().next_owner(round) - part_.position_first());
  pe_rounds_ += std::int64_t{engine_->shape().lines} * engine_->shape().positions;
  fold_copies(round);
  find_repeat(round);
}

std::int32_t Region::edge_departure() {
  if (part_.map().lists()) return engine_->lists().departure();
  std::int32_t last = std::numeric_limits<std::int32_t>::min();
  const StreamReduceShape& shape = engine_->shape();
  for (int line = 0; line < shape.chain; ++line)
    last = std::max(last, engine_->halo(-1, line, engine_->sizes().data(line)));
  return last;
}

void Region::take_edge_slack(std::vector<std::int32_t>& slack) {
  for (int line = 0; line < engine_->shape().chain; ++line) {
    std::int32_t& least = slack[static_cast<std::size_t>(part_.line_first() + line)];
    least = std::min(least, engine_->books().edge_slack[static_cast<std::size_t>(line)]);
  }
  engine_->books().reset_edge_slack();
}

void Region::take_burst(Side from, WaveletBurst& burst) {
  ++bursts_;
  round_ = burst.round;
  switch (burst.kind) {
    case BurstKind::stream: {
      const int side = from == part_.left() ? -1 : +1;
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
      const int owner = part_.map().owner_row(burst.round) - part_.line_first();
      if (owner >= shape.lines) return pass_returned(burst.round, burst.first, burst.last, burst.times);
      std::vector<std::int32_t> arrival = burst.times;
      for (std::int32_t& time : arrival) time += owner * timing_.hop + timing_.ramp;
      for (int position = 0; position < shape.positions; ++position)
        if (shape.elements[static_cast<std::size_t>(position)] > burst.first)
          engine_->receive(owner, arrival.data(), position, position + 1);
      return;
    }
    case BurstKind::stream_values:
    case BurstKind::partial_sum_values:
    case BurstKind::returned_sum_values:
      return values_.take(from, burst);
  }
}

}  // namespace weft::hw
