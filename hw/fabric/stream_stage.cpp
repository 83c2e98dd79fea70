// The multicast along a line and the AXPYs that it starts.
#include <algorithm>
#include <cstdlib>
#include <type_traits>

#include "hw/fabric/stream_reduce.h"

namespace weft::hw {

void StreamReduce::stream(const Source& source) {
  for (int line = shape_.chain - 1; line >= 0; --line) stream(line, 0, data(line) + 1, source);
}

void StreamReduce::stream(const Source& source, const std::int32_t* sink_ready, int owner_line) {
  for (int line = shape_.chain - 1; line >= 0; --line) {
    stream(line, 0, data(line) + 1, source);
    open_reduction(line, sink_ready);
    for (int element = 0; element < sizes().early_elements(); ++element) reduce_early(line, element, owner_line);
  }
}

void StreamReduce::stream(int line, int first, int last, const Source& source) {
  if (shape_.lists) return stream_behind_lists(line, source);
  const int data = this->data(line);
  const std::int64_t base = wavelets_before(line);
  if (first == 0) {
    if (!one_by_one(line)) state_.sums.of(line).face(source_position(source), timing_.hop);
    round_.undisturbed[static_cast<std::size_t>(line)] = data > 0 && !steals(line);
  }
  for (int offset = first; offset < std::min(last, data + 1); ++offset)
    stream_wavelet(line, base + offset, offset, source);
}

// The owner takes its list and sends; what comes of that to others before they have their lists goes before these.
void StreamReduce::stream_behind_lists(int line, const Source& source) {
  ListStage lists = this->lists();
  const int early = lists.early_deltas(line), wavelets = data(line) + 1;
  const std::int64_t base = wavelets_before(line);
  round_.undisturbed[static_cast<std::size_t>(line)] = data(line) > 0;
  if (source.owner < active()) lists.pass_last(line, source.owner, 0);
  for (int offset = 0; offset < wavelets; ++offset)
    state_.lists.senders_of(line)[state_.lists.slot(base + offset)] = source.owner;
  for (int offset = 0; offset < early; ++offset) sweep_wavelet(line, base + offset, offset, source);
  lists.note_first_deltas(line, source.owner);
  for (int position = 0; position < active(); ++position)
    if (position != source.owner) lists.pass_last(line, position, early);
  for (int offset = 0; offset < early; ++offset) take_wavelet(line, base + offset, offset, source);
  for (int offset = early; offset < wavelets; ++offset) stream_wavelet(line, base + offset, offset, source);
}

void StreamReduce::stream_wavelet(int line, std::int64_t k, int offset, const Source& source) {
  sweep_wavelet(line, k, offset, source);
  take_wavelet(line, k, offset, source);
}

void StreamReduce::take_wavelet(int line, std::int64_t k, int offset, const Source& source) {
  if (source.owner < 0) return take(line, k, offset, 0, active());
  take(line, k, offset, 0, std::min(source.owner, active()));
  take(line, k, offset, source.owner + 1, active());
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
      std::int32_t& slack = books_.edge_slack[static_cast<std::size_t>(line)];
      slack = std::min(slack, now[-1] - fed);
    }
    sweep(line, k, -1, shape_.positions, +1);
  }
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
    if (now[first] < state_.lists.sums[static_cast<std::size_t>(line)].end())
      sweep_one_by_one(line, k, first, last, step);
    return;
  }
  const RampRuns& sums = state_.sums.of(line);
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
  if (position >= active()) return from;
  if (shape_.lists) return state_.lists.sums[static_cast<std::size_t>(line)].first_free(position, from);
  if (!state_.receivers.known_at(line)) return state_.sums.of(line).first_free(position, from);
  for (std::int32_t free = from;; from = free) {
    free = state_.receivers.first_free(line, position, state_.sums.of(line).first_free(position, from));
    if (free == from) return from;
  }
}

// The owner multiplies with the scalar it reads and hands it to the fabric in the same issue cycle; then it counts as
// taken.
void StreamReduce::source_wavelet(int line, std::int64_t k, int owner, bool control) {
  const std::int32_t* room = depart(line, k - timing_.link_queue);
  const std::int32_t credit = depart(line, k - timing_.output_queue)[owner] + timing_.ramp;
  const auto at = static_cast<std::size_t>(owner);
  std::int32_t& free = free_of(line)[at];
  std::int32_t& ready = ready_of(line)[at];
  std::int32_t *stall = &book(&PartBooks::stall, line)[at], *blocked = &book(&PartBooks::blocked, line)[at];
  std::int32_t issue;
  if (steals(line)) {
    std::int32_t from = free;
    if (!control) state_.receivers.next_free_cycle(line, owner, std::max(free, ready), from, stall);
    issue = state_.receivers.next_free_cycle(line, owner, std::max(credit, from), from, blocked);
    free = state_.receivers.occupy(line, owner, issue, control ? timing_.control : state_.sizes.length()[owner]);
  } else {
    const std::int32_t from = control ? free : std::max(free, ready);
    issue = std::max(from, credit);
    *stall += from - free;
    *blocked += issue - from;
    free = issue + (control ? timing_.control : state_.sizes.length()[owner]);
  }
  if (!control && owner < active()) ready = issue + timing_.fill;
  consume(line, k)[owner] = issue;
  depart(line, k)[owner] =
      std::max({issue + 1 + timing_.ramp, depart(line, k - 1)[owner] + 1, room[owner - 1] + 1, room[owner + 1] + 1});
}

// Where no receiver takes a cycle in this round, a core is free for the next scalar a constant time after it took the
// one before; its state and counters follow when it takes the control wavelet.
void StreamReduce::take(int line, std::int64_t k, int offset, int first, int last) {
  if (first >= last) return;
  if (!round_.undisturbed[static_cast<std::size_t>(line)]) return take_among_steals(line, k, offset, first, last);
  const int data = this->data(line);
  const std::int32_t ramp = timing_.ramp, fill = timing_.fill, control = timing_.control, gaps = data - 1;
  const std::int32_t* __restrict depart_now = depart(line, k);
  const std::int32_t* __restrict before = consume(line, k - 1);
  const std::int32_t* __restrict length = state_.sizes.length();
  std::int32_t* __restrict taken = consume(line, k);
  std::int32_t* __restrict free = free_of(line);
  std::int32_t* __restrict ready = ready_of(line);
  std::int32_t* __restrict wait = book(&PartBooks::wait_stream, line);
  std::int32_t* __restrict stall = book(&PartBooks::stall, line);
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
    std::int32_t& free = free_of(line)[p];
    std::int32_t& ready = ready_of(line)[p];
    std::int32_t from = free;
    if (!control)
      state_.receivers.next_free_cycle(line, p, std::max(free, ready), from, &book(&PartBooks::stall, line)[p]);
    const std::int32_t at = state_.receivers.next_free_cycle(line, p, std::max(depart_now[p] + timing_.ramp, from),
                                                             from, &book(&PartBooks::wait_stream, line)[p]);
    taken[p] = at;
    free = state_.receivers.occupy(line, p, at, control ? timing_.control : state_.sizes.length()[p]);
    if (!control) ready = at + timing_.fill;
  }
}

}  // namespace weft::hw
