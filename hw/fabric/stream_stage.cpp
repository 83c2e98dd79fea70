// The multicast along a line and the AXPYs that it starts.
#include <algorithm>
#include <type_traits>

#include "hw/fabric/stream_reduce.h"

namespace weft::hw {

StreamReduce::StreamReduce(const FabricTiming& timing, StreamReduceShape shape)
    : timing_(timing),
      shape_(std::move(shape)),
      width_(static_cast<std::size_t>(shape_.positions)),
      hops_(timing.hop),
      receivers_(shape_.lines, shape_.chain, width_, timing.ramp) {
  for (int position = 0; position < shape_.positions; ++position) {
    const int elements = shape_.elements[static_cast<std::size_t>(position)];
    length_.push_back(timing_.issue + static_cast<int>(ceil_div(elements, shape_.lanes)));
    if (elements == 0) continue;
    active_ = position + 1;
    max_elements_ = std::max(max_elements_, elements);
    if (groups_.empty() || groups_.back().elements != elements || shape_.lists)
      groups_.push_back({position, position, elements, 0, 0});
    groups_.back().last = position + 1;
  }
  const auto chain = static_cast<std::size_t>(shape_.chain), lines = static_cast<std::size_t>(shape_.lines);
  const std::size_t deep = history_depth;
  depart_.assign(chain * deep * (width_ + 2), never_binds);
  consume_.assign(chain * deep * width_, never_binds);
  element_.assign(chain * deep * width_, never_binds);
  leave_.assign((chain + 1) * deep * width_, never_binds);
  arrive_.assign((chain + 1) * deep * width_, never_binds);
  expected_.assign(std::max<std::size_t>(chain, 1) * width_, never_binds);
  issue_.assign(std::max<std::size_t>(chain, 1) * width_, never_binds);
  return_.assign(width_, never_binds);
  free_.assign(lines * width_, timing_.dispatch);
  ready_.assign(lines * width_, 0);
  for (Times* sums : {&wait_stream_, &wait_sum_, &blocked_, &stall_}) sums->assign(lines * width_, 0);
  reset_edge_slack();
  position_lag_.assign(width_, 0);
  line_lag_.assign(lines, 0);
  data_ = shape_.wavelets;
  sent_.assign(chain, 0);
  if (!shape_.lists) return;
  list_depart_.assign(width_ * (chain + 1) * deep, never_binds);
  list_last_.assign(list_depart_.size(), never_binds);
  list_taken_.assign(list_depart_.size(), never_binds);
  list_known_.assign(list_depart_.size(), 3);  // all of it
}

void StreamReduce::begin_round(const std::uint16_t* wavelets, const std::uint16_t* elements) {
  if (wavelets) data_.assign(wavelets, wavelets + shape_.chain);
  if (!elements) return;
  max_elements_ = 0;
  for (Group& group : groups_) {
    group.elements = elements[group.first];
    max_elements_ = std::max(max_elements_, group.elements);
    length_[static_cast<std::size_t>(group.first)] =
        timing_.issue + static_cast<int>(ceil_div(group.elements, shape_.lanes));
  }
}

void StreamReduce::close_counts() {
  for (std::size_t line = 0; line < sent_.size(); ++line) sent_[line] += data_[line] + 1;
  for (Group& group : groups_) {
    group.summed += group.elements;
    group.summed_last = group.elements;
  }
  ++rounds_;
}

std::int32_t& StreamReduce::halo(int side, int line, int offset) {
  return depart(line, sent(line) + offset)[side < 0 ? -1 : shape_.positions];
}

std::int32_t StreamReduce::departure(int side, int line, int offset) const {
  return depart_[ring(line, sent(line) + offset) * (width_ + 2) + 1 + (side < 0 ? 0 : width_ - 1)];
}

void StreamReduce::reset_edge_slack() {
  edge_slack_.assign(static_cast<std::size_t>(shape_.chain), std::numeric_limits<std::int32_t>::max());
}

void StreamReduce::stream(int first, int last, const Source& source) {
  for (int line = 0; line < shape_.chain; ++line) stream_line(line, first, last, source);
}

void StreamReduce::stream_line(int line, int first, int last, const Source& source) {
  const int data = data_[static_cast<std::size_t>(line)];
  const std::int64_t base = sent(line);
  // Worth the look only where a long run may follow, and sound only without neighbours, whose times are their own.
  const bool may_skip = shape_.add_runs && first == 0 && last > data && data > 4 * history_depth && source.side == 0;
  std::int32_t distance = 0;
  int steady = 0;
  for (int offset = first; offset < std::min(last, data + 1); ++offset) {
    stream_wavelet(line, base + offset, offset, offset == data, source);
    if (!may_skip || offset == 0) continue;
    const std::int32_t now = wavelet_distance(line, base + offset, source.owner);
    steady = now > 0 && now == distance ? steady + 1 : 0;
    distance = now;
    const int rest = data - 1 - offset;
    if (rest < history_depth || steady < history_depth || steals(line)) continue;
    skip_wavelets(line, base + offset, rest, distance, source.owner);
    offset += rest;
    steady = 0;
  }
}

void StreamReduce::stream_wavelet(int line, std::int64_t k, int offset, bool control, const Source& source) {
  if (source.owner >= 0) {
    source_wavelet(line, k, source.owner, control);
    sweep(line, k, source.owner + 1, shape_.positions, +1);
    sweep(line, k, source.owner - 1, -1, -1);
    meet_last_sums(line, k, offset);
    take(line, k, control, 0, std::min(source.owner, active_));
    take(line, k, control, source.owner + 1, active_);
    return;
  }
  if (source.side > 0) {
    sweep(line, k, shape_.positions - 1, -1, -1);
  } else {
    if (source.edge) {
      std::int32_t* now = depart(line, k);
      const std::int32_t fed = source.edge[line] + 1 + offset;
      now[-1] = std::max({fed, depart(line, k - 1)[-1] + 1, depart(line, k - timing_.link_queue)[0] + 1});
      std::int32_t& slack = edge_slack_[static_cast<std::size_t>(line)];
      slack = std::min(slack, now[-1] - fed);
    }
    sweep(line, k, 0, shape_.positions, +1);
  }
  meet_last_sums(line, k, offset);
  take(line, k, control, 0, active_);
}

// By how much every time of wavelet k is later than that of wavelet k - 1, or 0 if not all by the same.
std::int32_t StreamReduce::wavelet_distance(int line, std::int64_t k, int owner) const {
  const std::int32_t *now = depart_row(line, k), *before = depart_row(line, k - 1);
  const std::int32_t distance = now[1] - before[1];
  std::int32_t moved = now[0] ^ (before[0] + distance);
  if (now[0] == never_binds && before[0] == never_binds) moved = 0;
  for (int p = 0; p < shape_.positions; ++p) moved |= now[p + 1] ^ (before[p + 1] + distance);
  const std::int32_t* taken = consume_.data() + ring(line, k) * width_;
  const std::int32_t* taken_before = consume_.data() + ring(line, k - 1) * width_;
  for (int p = 0; p < active_; ++p)  // the owner takes nothing
    moved |= p == owner ? 0 : taken[p] ^ (taken_before[p] + distance);
  return moved == 0 ? distance : 0;
}

// All times of the last `history_depth` wavelets are `distance` apart, and all operands of the recurrences lie among
// them (the edge's own times grow by 1, no more than the rest): the next `rest` wavelets keep the distance.
void StreamReduce::skip_wavelets(int line, std::int64_t k, int rest, std::int32_t distance, int owner) {
  const std::int32_t shift = rest * distance;
  const auto move = [&](std::int32_t* rows, std::size_t stride, int first, int last) {
    for (int p = first; p < last; ++p) {
      const std::int32_t newest =
          rows[static_cast<std::size_t>(k & (history_depth - 1)) * stride + static_cast<std::size_t>(p)];
      if (newest == never_binds) continue;
      for (int back = 0; back < history_depth; ++back)
        rows[static_cast<std::size_t>((k + rest - back) & (history_depth - 1)) * stride + static_cast<std::size_t>(p)] =
            newest + shift - back * distance;
    }
  };
  move(depart_.data() + ring(line, 0) * (width_ + 2), width_ + 2, 0, shape_.positions + 2);
  std::int32_t* taken = consume_.data() + ring(line, 0) * width_;
  move(taken, width_, 0, owner < 0 ? active_ : std::min(owner, active_));
  if (owner >= 0) move(taken, width_, owner + 1, active_);
  std::int32_t *free = row(free_, line), *ready = row(ready_, line);
  std::int32_t *wait = row(wait_stream_, line), *stall = row(stall_, line), *blocked = row(blocked_, line);
  for (int p = 0; p < std::max(active_, owner + 1); ++p) {
    const auto at = static_cast<std::size_t>(p);
    if (p >= active_ && p != owner) continue;
    const std::int32_t fill = p < active_ ? std::max(0, timing_.fill - length_[at]) : 0;
    stall[p] += rest * fill;
    (p == owner ? blocked : wait)[p] += rest * (distance - length_[at] - fill);
    free[p] += shift;
    if (p < active_) ready[p] += shift;
  }
  wavelets_added_ += static_cast<std::int64_t>(rest) * shape_.positions;
}

void StreamReduce::sweep(int line, std::int64_t k, int first, int last, int step) {
  std::int32_t* now = depart(line, k);
  const std::int32_t* before = depart(line, k - 1);
  const std::int32_t* room = depart(line, k - timing_.link_queue) + step;
  const std::int32_t* taken = consume(line, k - timing_.input_queue);
  std::int32_t upstream = now[first - step];
  if (fold_shift_ == 0) {
    int position = first;
    const auto blocks = [&](auto way) {
      constexpr int direction = decltype(way)::value;
      for (; (last - position) * direction >= HopScan::block; position += direction * HopScan::block) {
        const int low = direction > 0 ? position : position - HopScan::block + 1;
        const HopScan::Times own =
            HopScan::max(HopScan::max(HopScan::load(before + low), HopScan::load(room + low)) + 1,
                         HopScan::load(taken + low) + timing_.ramp);
        const HopScan::Times departs = hops_.departures<direction>(own, upstream);
        HopScan::store(departs, now + low);
        upstream = departs[direction > 0 ? HopScan::block - 1 : 0];
      }
    };
    if (step > 0) {
      blocks(std::integral_constant<int, 1>());
    } else {
      blocks(std::integral_constant<int, -1>());
    }
    for (; position != last; position += step) {
      const std::int32_t own = std::max(std::max(before[position], room[position]) + 1, taken[position] + timing_.ramp);
      upstream = std::max(upstream + timing_.hop, own);
      now[position] = upstream;
    }
    return;
  }
  const std::int32_t* lag = position_lag_.data();
  for (int position = first; position != last; position += step) {
    const std::int32_t fed =
        std::max(upstream + timing_.hop, std::max(before[position] + 1, taken[position] + timing_.ramp));
    const std::int32_t free = room[position] - lag[position] + 1;
    if (lag[position] > 0) fold_holds_ &= free <= fed;
    now[position] = std::max(fed, free);
    upstream = now[position] + lag[position];
  }
}

// The owner multiplies with the scalar it reads and hands it to the fabric in the same issue cycle.
void StreamReduce::source_wavelet(int line, std::int64_t k, int owner, bool control) {
  const std::int32_t* room = depart(line, k - timing_.link_queue);
  const std::int32_t credit = depart(line, k - timing_.output_queue)[owner] + timing_.ramp;
  const auto at = static_cast<std::size_t>(owner);
  std::int32_t& free = row(free_, line)[at];
  std::int32_t& ready = row(ready_, line)[at];
  const std::int32_t from = control ? free : std::max(free, ready);
  const std::int32_t issue = std::max(from, credit);
  row(stall_, line)[at] += from - free;
  row(blocked_, line)[at] += issue - from;
  if (control) {
    free = issue + timing_.control;
  } else {
    free = issue + length_[at];
    if (owner < active_) ready = issue + timing_.fill;
  }
  depart(line, k)[owner] =
      std::max({issue + 1 + timing_.ramp, depart(line, k - 1)[owner] + 1, room[owner - 1] + 1, room[owner + 1] + 1});
}

void StreamReduce::take(int line, std::int64_t k, bool control, int first, int last) {
  if (first >= last) return;
  if (steals(line)) return take_among_steals(line, k, control, first, last);
  const std::int32_t* __restrict depart_now = depart(line, k);
  std::int32_t* __restrict taken = consume(line, k);
  std::int32_t* __restrict free = row(free_, line);
  std::int32_t* __restrict ready = row(ready_, line);
  std::int32_t* __restrict wait = row(wait_stream_, line);
  std::int32_t* __restrict stall = row(stall_, line);
  const std::int32_t* __restrict length = length_.data();
  const std::int32_t ramp = timing_.ramp, fill = timing_.fill;
  if (control) {
    for (int p = first; p < last; ++p) {
      const std::int32_t at = std::max(depart_now[p] + ramp, free[p]);
      wait[p] += at - free[p];
      taken[p] = at;
      free[p] = at + timing_.control;
    }
    return;
  }
  for (int p = first; p < last; ++p) {
    const std::int32_t from = std::max(free[p], ready[p]);
    const std::int32_t at = std::max(depart_now[p] + ramp, from);
    stall[p] += from - free[p];
    wait[p] += at - from;
    taken[p] = at;
    free[p] = at + length[p];
    ready[p] = at + fill;
  }
}

void StreamReduce::take_among_steals(int line, std::int64_t k, bool control, int first, int last) {
  const std::int32_t* depart_now = depart(line, k);
  std::int32_t* taken = consume(line, k);
  for (int p = first; p < last; ++p) {
    // Of a line's columns the first waits for room and is old, the others get it fresh: as one rule for all, it is old.
    receivers_.cross_ramp(line, p, never_binds, depart_now[p]);
    std::int32_t& free = row(free_, line)[p];
    std::int32_t& ready = row(ready_, line)[p];
    std::int32_t from = free;
    if (!control) receivers_.next_free_cycle(line, p, std::max(free, ready), from, &row(stall_, line)[p]);
    const std::int32_t at = receivers_.next_free_cycle(line, p, std::max(depart_now[p] + timing_.ramp, from), from,
                                                       &row(wait_stream_, line)[p]);
    taken[p] = at;
    free = receivers_.occupy(line, p, at, control ? timing_.control : length_[static_cast<std::size_t>(p)]);
    if (!control) ready = at + timing_.fill;
  }
  receivers_.release(line);
}

}  // namespace weft::hw
