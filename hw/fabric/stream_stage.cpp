// The multicast along a line and the AXPYs that it starts.
#include <algorithm>
#include <cstdlib>
#include <type_traits>

#include "hw/fabric/stream_reduce.h"

namespace weft::hw {

namespace {

/// Rounds after which no wavelet of the stream or of the sum can meet an element on the ramp that its core has passed:
/// what the queue to the core holds.
int meeting_rounds(const FabricTiming& timing, const StreamReduceShape& shape) {
  const auto least = std::min_element(shape.wavelets.begin(), shape.wavelets.end());
  return 2 + timing.input_queue / (shape.counted || least == shape.wavelets.end() ? 1 : *least + 1);
}

}  // namespace

StreamReduce::StreamReduce(const FabricTiming& timing, StreamReduceShape shape)
    : timing_(timing),
      shape_(std::move(shape)),
      width_(static_cast<std::size_t>(shape_.positions)),
      hops_(timing.hop),
      receivers_(shape_.lines, shape_.chain, width_, timing.ramp, meeting_rounds(timing, shape_)) {
  for (int position = 0; position < shape_.positions; ++position) {
    const int elements = shape_.elements[static_cast<std::size_t>(position)];
    stream_.length.push_back(timing_.issue + static_cast<int>(ceil_div(elements, shape_.lanes)));
    if (elements == 0) continue;
    active_ = position + 1;
    max_elements_ = std::max(max_elements_, elements);
    if (groups_.empty() || groups_.back().elements != elements || shape_.positions_differ())
      groups_.push_back({position, position, elements});
    groups_.back().last = position + 1;
  }
  const auto chain = static_cast<std::size_t>(shape_.chain), lines = static_cast<std::size_t>(shape_.lines);
  const std::size_t deep = history();
  stream_.depart.assign(chain * deep * (width_ + 2), never_binds);
  stream_.consume.assign(chain * deep * width_, never_binds);
  chain_.element.assign(chain * deep * width_, never_binds);
  chain_.leave.assign((chain + 1) * deep * width_, never_binds);
  chain_.arrive.assign((chain + 1) * deep * width_, never_binds);
  issue_.assign(std::max<std::size_t>(chain, 1) * width_, never_binds);
  chain_.returned.assign(width_, never_binds);
  chain_.opens.assign(width_, 0);
  free_.assign(lines * width_, timing_.dispatch);
  ready_.assign(lines * width_, 0);
  for (Times* sums : {&books_.wait_stream, &books_.wait_sum, &books_.blocked, &books_.stall})
    sums->assign(lines * width_, 0);
  reset_edge_slack();
  copies_.position_lag.assign(width_, 0);
  copies_.line_lag.assign(lines, 0);
  stream_.data = shape_.wavelets;
  stream_.sent.assign(chain, 0);
  stream_.begin_sent = stream_.sent;
  sums_.resize(chain);
  stream_.undisturbed.assign(chain, false);
  if (!shape_.lists) return;
  lists_.depart.assign(width_ * (chain + 2) * deep, never_binds);
  lists_.taken.assign(lists_.depart.size(), never_binds);
  lists_.known.assign(lists_.depart.size(), list_exact | list_alike);
  lists_.senders.assign(chain * deep, -1);
  lists_.first_deltas.assign(chain * static_cast<std::size_t>(timing_.input_queue) * width_, no_delta);
  lists_.sums.assign(chain, RampSpans(width_));
  lists_.leave.assign(chain, RampSpans(width_));
}

std::int32_t& StreamReduce::halo(int side, int line, int offset) {
  const std::int64_t k = wavelets_before(line) + offset;
  return depart(line, k)[side < 0 ? -1 : shape_.positions];
}

std::int32_t StreamReduce::departure(int side, int line, int offset) const {
  const std::int64_t k = wavelets_before(line) + offset;
  return stream_.depart[ring(line, k) * (width_ + 2) + 1 + (side < 0 ? 0 : width_ - 1)];
}

void StreamReduce::reset_edge_slack() {
  stream_.edge_slack.assign(static_cast<std::size_t>(shape_.chain), std::numeric_limits<std::int32_t>::max());
}

void StreamReduce::stream(const Source& source) {
  for (int line = shape_.chain - 1; line >= 0; --line) stream(line, 0, data(line) + 1, source);
}

void StreamReduce::stream(const Source& source, const std::int32_t* sink_ready, int owner_line) {
  for (int line = shape_.chain - 1; line >= 0; --line) {
    stream(line, 0, data(line) + 1, source);
    open_reduction(line, sink_ready);
    for (int element = 0; element < early_elements(); ++element) reduce_early(line, element, owner_line);
  }
}

void StreamReduce::stream(int line, int first, int last, const Source& source) {
  if (shape_.lists) return stream_behind_lists(line, source);
  const int data = this->data(line);
  const std::int64_t base = wavelets_before(line);
  if (!one_by_one(line)) sums_[static_cast<std::size_t>(line)].face(source_position(source), timing_.hop);
  if (first == 0) stream_.undisturbed[static_cast<std::size_t>(line)] = data > 0 && !steals(line);
  // Worth the look only where a long run may follow, and sound only without neighbours, whose times are their own.
  const bool may_skip = shape_.add_runs && first == 0 && last > data && data > 4 * timing_.history && source.side == 0;
  std::int32_t distance = 0;
  int steady = 0;
  for (int offset = first; offset < std::min(last, data + 1); ++offset) {
    stream_wavelet(line, base + offset, offset, source);
    if (!may_skip || offset == 0) continue;
    const std::int32_t now = wavelet_distance(line, base + offset, source.owner);
    steady = now > 0 && now == distance ? steady + 1 : 0;
    distance = now;
    if (steady < timing_.history || receivers_.known_at(line)) continue;
    const auto clear =
        sums_[static_cast<std::size_t>(line)].clear_steps(depart(line, base + offset), 0, active_, distance);
    const auto rest = static_cast<int>(std::min<std::int64_t>(data - 1 - offset, clear));
    if (rest < timing_.history) continue;
    skip_wavelets(line, base + offset, rest, distance, source.owner);
    offset += rest;
    steady = 0;
  }
}

void StreamReduce::stream_wavelet(int line, std::int64_t k, int offset, const Source& source) {
  sweep_wavelet(line, k, offset, source);
  take_wavelet(line, k, offset, source);
}

void StreamReduce::take_wavelet(int line, std::int64_t k, int offset, const Source& source) {
  if (source.owner < 0) return take(line, k, offset, 0, active_);
  take(line, k, offset, 0, std::min(source.owner, active_));
  take(line, k, offset, source.owner + 1, active_);
}

void StreamReduce::sweep_wavelet(int line, std::int64_t k, int offset, const Source& source) {
  if (source.owner >= 0) {
    source_wavelet(line, k, source.owner, offset == data(line));
    sweep(line, k, source.owner, shape_.positions, +1);
    sweep(line, k, source.owner, -1, -1);
    return;
  }
  if (source.side > 0) {
    sweep(line, k, shape_.positions, -1, -1);
  } else {
    if (source.edge) {
      std::int32_t* now = depart(line, k);
      const std::int32_t fed = source.edge[line] + 1 + offset;
      now[-1] = std::max({fed, depart(line, k - 1)[-1] + 1, depart(line, k - timing_.link_queue)[0] + 1});
      std::int32_t& slack = stream_.edge_slack[static_cast<std::size_t>(line)];
      slack = std::min(slack, now[-1] - fed);
    }
    sweep(line, k, -1, shape_.positions, +1);
  }
}

// By how much every time of wavelet k is later than that of wavelet k - 1, or 0 if not all by the same.
std::int32_t StreamReduce::wavelet_distance(int line, std::int64_t k, int owner) const {
  const std::int32_t *now = depart_row(line, k), *before = depart_row(line, k - 1);
  const std::int32_t distance = now[1] - before[1];
  std::int32_t moved = now[0] ^ (before[0] + distance);
  if (now[0] == never_binds && before[0] == never_binds) moved = 0;
  for (int p = 0; p < shape_.positions; ++p) moved |= now[p + 1] ^ (before[p + 1] + distance);
  const std::int32_t* taken = stream_.consume.data() + ring(line, k) * width_;
  const std::int32_t* taken_before = stream_.consume.data() + ring(line, k - 1) * width_;
  for (int p = 0; p < active_; ++p) moved |= taken[p] ^ (taken_before[p] + distance);
  // An owner without elements fills its queue before it is in step with what leaves that.
  if (owner >= active_) moved |= taken[owner] ^ (taken_before[owner] + distance);
  return moved == 0 ? distance : 0;
}

// All times of the last `history` wavelets are `distance` apart, and all operands of the recurrences lie among
// them (the edge's own times grow by 1, no more than the rest): the next `rest` wavelets keep the distance.
void StreamReduce::skip_wavelets(int line, std::int64_t k, int rest, std::int32_t distance, int owner) {
  const std::int32_t shift = rest * distance;
  const auto move = [&](std::int32_t* rows, std::size_t stride, int first, int last) {
    for (int p = first; p < last; ++p) {
      const std::int32_t newest = rows[slot(k) * stride + static_cast<std::size_t>(p)];
      if (newest == never_binds) continue;
      for (int back = 0; back < timing_.history; ++back)
        rows[slot(k + rest - back) * stride + static_cast<std::size_t>(p)] = newest + shift - back * distance;
    }
  };
  move(stream_.depart.data() + ring(line, 0) * (width_ + 2), width_ + 2, 0, shape_.positions + 2);
  std::int32_t* taken = stream_.consume.data() + ring(line, 0) * width_;
  move(taken, width_, 0, active_);
  if (owner >= active_) move(taken, width_, owner, owner + 1);
  if (owner >= 0) {  // the others' state follows when they take the control wavelet
    const auto at = static_cast<std::size_t>(owner);
    const std::int32_t fill = owner < active_ ? std::max(0, timing_.fill - stream_.length[at]) : 0;
    row(books_.stall, line)[at] += rest * fill;
    row(books_.blocked, line)[at] += rest * (distance - stream_.length[at] - fill);
    row(free_, line)[at] += shift;
    if (owner < active_) row(ready_, line)[at] += shift;
  }
  wavelets_added_ += static_cast<std::int64_t>(rest) * shape_.positions;
}

void StreamReduce::sweep(int line, std::int64_t k, int source, int last, int step) {
  const int first = source + step;
  if (first == last) return;
  if (one_by_one(line)) return sweep_one_by_one(line, k, first, last, step);
  std::int32_t* now = depart(line, k);
  const std::int32_t* before = depart(line, k - 1);
  const std::int32_t* room = depart(line, k - timing_.link_queue) + step;
  const std::int32_t* taken = consume(line, k - stream_depth(line));
  sweep_blocks(
      now, first, last, step,
      [&](int low) {
        return HopScan::max(HopScan::max(HopScan::load(before + low), HopScan::load(room + low)) + 1,
                            HopScan::load(taken + low) + timing_.ramp);
      },
      [&](int at) { return std::max(std::max(before[at], room[at]) + 1, taken[at] + timing_.ramp); });
  if (shape_.lists) {  // departures are in the order of the sweep
    if (now[first] < lists_.sums[static_cast<std::size_t>(line)].end()) sweep_one_by_one(line, k, first, last, step);
    return;
  }
  const RampRuns& sums = sums_[static_cast<std::size_t>(line)];
  const int end = last - step;
  if (!sums.may_meet(now[first] - timing_.hop, now[end] - timing_.hop * std::abs(end - source))) return;
  // Moved past the sums, a wavelet may come later to the positions behind, and meet others there.
  constexpr int tries = 3;
  const int low = std::min(first, last + 1), high = std::max(first + 1, last);
  for (int again = 0; sums.move_past(now, low, high); ++again) {
    if (again == tries) return sweep_one_by_one(line, k, first, last, step);
    sweep_blocks(
        now, first, last, step, [now](int low) { return HopScan::load(now + low); }, [now](int at) { return now[at]; });
  }
}

// Departures in the order of the sweep. `own(position)`: when it could leave if it had come at once; `own_block(low)`:
// of the block of positions from `low` on.
template <typename OwnBlock, typename Own>
void StreamReduce::sweep_blocks(std::int32_t* now, int first, int last, int step, OwnBlock&& own_block, Own&& own) {
  std::int32_t upstream = now[first - step];
  int position = first;
  const auto blocks = [&](auto way) {
    constexpr int direction = decltype(way)::value;
    for (; (last - position) * direction >= HopScan::block; position += direction * HopScan::block) {
      const int low = direction > 0 ? position : position - HopScan::block + 1;
      const HopScan::Times departs = hops_.departures<direction>(own_block(low), upstream);
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
    upstream = std::max(upstream + timing_.hop, own(position));
    now[position] = upstream;
  }
}

void StreamReduce::sweep_one_by_one(int line, std::int64_t k, int first, int last, int step) {
  std::int32_t* now = depart(line, k);
  const std::int32_t* before = depart(line, k - 1);
  const std::int32_t* room = depart(line, k - timing_.link_queue) + step;
  const std::int32_t* taken = consume(line, k - stream_depth(line));
  const std::int32_t* lag = copies_.position_lag.data();
  std::int32_t upstream = now[first - step];
  for (int position = first; position != last; position += step) {
    const std::int32_t fed =
        std::max(upstream + timing_.hop, std::max(before[position] + 1, taken[position] + timing_.ramp));
    const std::int32_t free = room[position] - lag[position] + 1;
    if (lag[position] > 0) copies_.hold &= free <= fed;
    now[position] = free_ramp(line, position, std::max(fed, free));
    upstream = now[position] + lag[position];
  }
}

std::int32_t StreamReduce::free_ramp(int line, int position, std::int32_t from) const {
  // A PE without elements takes no wavelet.
  if (position >= active_) return from;
  if (shape_.lists) return lists_.sums[static_cast<std::size_t>(line)].first_free(position, from);
  if (!receivers_.known_at(line)) return sums_[static_cast<std::size_t>(line)].first_free(position, from);
  for (std::int32_t free = from;; from = free) {
    free = receivers_.first_free(line, position, sums_[static_cast<std::size_t>(line)].first_free(position, from));
    if (free == from) return from;
  }
}

// The owner multiplies with the scalar it reads and hands it to the fabric in the same issue cycle; then it counts as
// taken.
void StreamReduce::source_wavelet(int line, std::int64_t k, int owner, bool control) {
  const std::int32_t* room = depart(line, k - timing_.link_queue);
  const std::int32_t credit = depart(line, k - timing_.output_queue)[owner] + timing_.ramp;
  const auto at = static_cast<std::size_t>(owner);
  std::int32_t& free = row(free_, line)[at];
  std::int32_t& ready = row(ready_, line)[at];
  std::int32_t *stall = &row(books_.stall, line)[at], *blocked = &row(books_.blocked, line)[at];
  std::int32_t issue;
  if (steals(line)) {
    std::int32_t from = free;
    if (!control) receivers_.next_free_cycle(line, owner, std::max(free, ready), from, stall);
    issue = receivers_.next_free_cycle(line, owner, std::max(credit, from), from, blocked);
    free = receivers_.occupy(line, owner, issue, control ? timing_.control : stream_.length[at]);
  } else {
    const std::int32_t from = control ? free : std::max(free, ready);
    issue = std::max(from, credit);
    *stall += from - free;
    *blocked += issue - from;
    free = issue + (control ? timing_.control : stream_.length[at]);
  }
  if (!control && owner < active_) ready = issue + timing_.fill;
  consume(line, k)[owner] = issue;
  depart(line, k)[owner] =
      std::max({issue + 1 + timing_.ramp, depart(line, k - 1)[owner] + 1, room[owner - 1] + 1, room[owner + 1] + 1});
}

// An owner's core waits for room in its output queue, whoever sent what is in the fabric: see source_wavelet().
std::int32_t StreamReduce::waited_to_send(int line, int position) const {
  const std::int32_t* room = depart_row(line, wavelets_before(line) - timing_.output_queue) + 1;
  return std::max(room[position] + timing_.ramp - row(free_, line)[position], 0);
}

void StreamReduce::settle_senders(int first) {
  for (int line = 0; line < shape_.chain; ++line) {
    for (int p = std::max(first, first_sender()); p < shape_.positions; ++p) {
      const std::int32_t waited = waited_to_send(line, p);
      row(free_, line)[p] += waited;
      row(books_.blocked, line)[p] += waited;
    }
  }
}

// Where no receiver takes a cycle in this round, a core is free for the next scalar a constant time after it took the
// one before; its state and counters follow when it takes the control wavelet.
void StreamReduce::take(int line, std::int64_t k, int offset, int first, int last) {
  if (first >= last) return;
  if (!stream_.undisturbed[static_cast<std::size_t>(line)]) return take_among_steals(line, k, offset, first, last);
  const int data = this->data(line);
  const std::int32_t ramp = timing_.ramp, fill = timing_.fill, control = timing_.control, gaps = data - 1;
  const std::int32_t* __restrict depart_now = depart(line, k);
  const std::int32_t* __restrict before = consume(line, k - 1);
  const std::int32_t* __restrict length = stream_.length.data();
  std::int32_t* __restrict taken = consume(line, k);
  std::int32_t* __restrict free = row(free_, line);
  std::int32_t* __restrict ready = row(ready_, line);
  std::int32_t* __restrict wait = row(books_.wait_stream, line);
  std::int32_t* __restrict stall = row(books_.stall, line);
  if (offset == 0) {
    for (int p = first; p < last; ++p) {
      const std::int32_t from = std::max(free[p], ready[p]);
      stall[p] += from - free[p] + gaps * std::max(0, fill - length[p]);
      wait[p] -= from;
      taken[p] = std::max(depart_now[p] + ramp, from);
    }
  } else if (offset < data) {
    for (int p = first; p < last; ++p) taken[p] = std::max(depart_now[p] + ramp, before[p] + std::max(length[p], fill));
  } else {
    for (int p = first; p < last; ++p) {
      const std::int32_t now = std::max(depart_now[p] + ramp, before[p] + length[p]);
      wait[p] += now - length[p] - gaps * std::max(length[p], fill);
      taken[p] = now;
      free[p] = now + control;
      ready[p] = before[p] + fill;
    }
  }
}

void StreamReduce::take_among_steals(int line, std::int64_t k, int offset, int first, int last) {
  const bool control = offset == data(line);
  const std::int32_t* depart_now = depart(line, k);
  std::int32_t* taken = consume(line, k);
  for (int p = first; p < last; ++p) {
    std::int32_t& free = row(free_, line)[p];
    std::int32_t& ready = row(ready_, line)[p];
    std::int32_t from = free;
    if (!control) receivers_.next_free_cycle(line, p, std::max(free, ready), from, &row(books_.stall, line)[p]);
    const std::int32_t at = receivers_.next_free_cycle(line, p, std::max(depart_now[p] + timing_.ramp, from), from,
                                                       &row(books_.wait_stream, line)[p]);
    taken[p] = at;
    free = receivers_.occupy(line, p, at, control ? timing_.control : stream_.length[static_cast<std::size_t>(p)]);
    if (!control) ready = at + timing_.fill;
  }
}

}  // namespace weft::hw
