// The chain of partial sums across the lines, the returned sums, and the cycles that a receiver takes.
#include <algorithm>

#include "hw/fabric/stream_reduce.h"

namespace weft::hw {

void StreamReduce::open_reduction(const std::int32_t* sink_ready) {
  for (int line = 0; line < shape_.chain; ++line) {
    std::int32_t* free = row(free_, line);
    std::int32_t* ready = row(ready_, line);
    std::int32_t* issue = row(issue_, line);
    for (int p = 0; p < active_; ++p) {
      std::int32_t from = free[p];
      std::int32_t at = next_free_cycle(line, p, std::max(free[p], ready[p]), from, &row(stall_, line)[p]);
      if (line == 0 && sink_ready)
        at = next_free_cycle(line, p, std::max(at, sink_ready[p]), from, &row(blocked_, line)[p]);
      ready[p] = at + timing_.fill;
      issue[p] = occupy(line, p, at, timing_.issue) - 1;
    }
  }
}

void StreamReduce::reduce(int first, int last, int owner_line) {
  for (const Group& group : groups_)
    if (first < group.elements) reduce_group(group, first, std::min(last, group.elements), owner_line);
}

// A strip's history stays in cache while its elements pass.
void StreamReduce::reduce_group(const Group& group, int first, int last, int owner_line) {
  constexpr int strip = 64;
  const std::int64_t base = rounds_ * group.elements;
  for (int left = group.first; left < group.last; left += strip) {
    const int right = std::min(left + strip, group.last);
    int steady = 0;
    for (std::int64_t j = base + first; j < base + last; ++j) {
      bool moved = false;
      for (int line = shape_.chain - 1; line >= 0; --line) moved |= reduce_element(line, j, left, right);
      if (!shape_.chain_to_above && shape_.chain > 0 && owner_line != 0) return_element(j, owner_line, left, right);
      steady = moved ? 0 : steady + 1;
      const auto rest = static_cast<std::int32_t>(base + last - 1 - j);
      if (!shape_.add_runs || rest < history_depth || steady < history_depth || !run_is_free(left, right, rest))
        continue;
      skip_elements(j, rest, owner_line, left, right);
      break;
    }
  }
}

// Element j of one line's sum in [left, right). True if a time is not the one of element j - 1, plus one.
bool StreamReduce::reduce_element(int line, std::int64_t j, int left, int right) {
  const std::int32_t ramp = timing_.ramp, hop = timing_.hop;
  const auto at = [this](Times& times, int of_line, std::int64_t index) {
    return times.data() + ring(of_line, index) * width_;
  };
  const bool has_input = line + 1 < shape_.chain || shape_.chain_from_below;
  const bool has_output = line > 0 || shape_.chain_to_above;
  std::int32_t* __restrict element = at(element_, line, j);
  std::int32_t* __restrict issue = row(issue_, line);
  std::int32_t* __restrict wait = row(wait_sum_, line);
  std::int32_t* __restrict blocked = row(blocked_, line);
  std::int32_t* __restrict leave = at(leave_, line, j);
  const std::int32_t* __restrict leave_before = at(leave_, line, j - 1);
  const std::int32_t* __restrict sent = at(leave_, line, j - timing_.output_queue);
  std::int32_t* __restrict arrive = at(arrive_, line + 1, j);
  std::int32_t moved = 0;
  if (has_input) {
    const std::int32_t* __restrict below = at(leave_, line + 1, j);
    const std::int32_t* __restrict arrive_before = at(arrive_, line + 1, j - 1);
    const std::int32_t* __restrict taken = at(element_, line, j - timing_.input_queue);
    for (int p = left; p < right; ++p) {
      arrive[p] = std::max(std::max(below[p] + hop, arrive_before[p] + 1), taken[p] + ramp);
      moved |= arrive[p] ^ (arrive_before[p] + 1);
    }
  }
  const std::int32_t* __restrict room = at(arrive_, line, j - timing_.link_queue);
  if (steals(line)) {
    for (int p = left; p < right; ++p) {
      std::int32_t from = issue[p] + 1;
      std::int32_t now = next_free_cycle(line, p, from, from, &blocked[p]);
      if (has_input) now = next_free_cycle(line, p, std::max(now, arrive[p] + ramp), from, &wait[p]);
      if (has_output) now = next_free_cycle(line, p, std::max(now, sent[p] + ramp), from, &blocked[p]);
      moved |= now ^ (issue[p] + 1);
      issue[p] = element[p] = now;
    }
    compact_steals(line);
  } else {
    for (int p = left; p < right; ++p) {
      const std::int32_t from = issue[p] + 1;
      const std::int32_t fed = has_input ? std::max(from, arrive[p] + ramp) : from;
      const std::int32_t now = has_output ? std::max(fed, sent[p] + ramp) : fed;
      wait[p] += fed - from;
      blocked[p] += now - fed;
      moved |= now ^ from;
      issue[p] = element[p] = now;
    }
  }
  if (has_output) {
    for (int p = left; p < right; ++p) {
      leave[p] = std::max(element[p] + 1 + ramp, std::max(leave_before[p], room[p]) + 1);
      moved |= leave[p] ^ (leave_before[p] + 1);
    }
  }
  return moved != 0;
}

void StreamReduce::return_element(std::int64_t j, int owner_line, int left, int right) {
  const std::int32_t* element = element_.data() + ring(0, j) * width_;
  for (int p = left; p < right; ++p) {
    const auto at = static_cast<std::size_t>(p);
    return_[at] = std::max(element[p] + 1 + timing_.ramp, return_[at] + 1);
  }
  deliver_returned(owner_line, left, right);
}

void StreamReduce::deliver_returned(int owner_line, int left, int right) {
  if (owner_line < 0 || owner_line >= shape_.lines) return;
  const std::int32_t way = owner_line * timing_.hop + timing_.ramp;
  returned_arrival_.resize(width_);
  for (int p = left; p < right; ++p)
    returned_arrival_[static_cast<std::size_t>(p)] = return_[static_cast<std::size_t>(p)] + way;
  receive(owner_line, returned_arrival_.data(), left, right);
}

// True if no receiver takes a cycle of the next `rest` elements.
bool StreamReduce::run_is_free(int left, int right, std::int32_t rest) const {
  for (int line = 0; line < shape_.chain; ++line) {
    if (!steals(line)) continue;
    const auto at = static_cast<std::size_t>(line);
    for (int p = left; p < right; ++p) {
      const std::int32_t next = stolen_next_[at][static_cast<std::size_t>(p)];
      if (next == stolen_count_[at][static_cast<std::size_t>(p)]) continue;
      const std::int32_t taken = stolen_[at][static_cast<std::size_t>(next) * width_ + static_cast<std::size_t>(p)];
      if (taken <= issue_[at * width_ + static_cast<std::size_t>(p)] + rest) return false;
    }
  }
  return true;
}

// Every time of the last `history_depth` elements was the one before it, plus one. All operands of the recurrences lie
// among them, so each of the next `rest` elements is its predecessor plus one: added, not simulated.
void StreamReduce::skip_elements(std::int64_t j, std::int32_t rest, int owner_line, int left, int right) {
  const auto shift = [&](Times& times, int line) {
    std::int32_t* rows = times.data() + ring(line, 0) * width_;
    for (int p = left; p < right; ++p) {
      const std::int32_t newest =
          rows[static_cast<std::size_t>(j & (history_depth - 1)) * width_ + static_cast<std::size_t>(p)] + rest;
      for (int back = 0; back < history_depth; ++back)
        rows[static_cast<std::size_t>((j + rest - back) & (history_depth - 1)) * width_ + static_cast<std::size_t>(p)] =
            newest - back;
    }
  };
  for (int line = 0; line < shape_.chain; ++line) {
    shift(element_, line);
    if (line > 0) shift(leave_, line);
    if (line + 1 < shape_.chain) shift(arrive_, line + 1);
    std::int32_t* issue = row(issue_, line);
    for (int p = left; p < right; ++p) issue[p] += rest;
  }
  elements_added_ += static_cast<std::int64_t>(rest) * (right - left) * shape_.chain;
  if (owner_line == 0) return;
  for (std::int32_t element = 0; element < rest; ++element) {
    for (int p = left; p < right; ++p) ++return_[static_cast<std::size_t>(p)];
    deliver_returned(owner_line, left, right);
  }
}

void StreamReduce::close_reduction(bool advance) {
  for (int line = 0; line < shape_.chain; ++line) {
    std::int32_t* free = row(free_, line);
    const std::int32_t* issue = row(issue_, line);
    const std::int32_t tail = (advance && line == 0 ? timing_.control : 0) + timing_.scalar;
    if (steals(line)) {
      for (int p = 0; p < active_; ++p) free[p] = occupy(line, p, issue[p] + 1, tail);
      compact_steals(line);
    } else {
      for (int p = 0; p < active_; ++p) free[p] = issue[p] + 1 + tail;
    }
    if (advance && line == 0 && !shape_.chain_to_above)
      for (int p = 0; p < active_; ++p) return_[static_cast<std::size_t>(p)] += timing_.control;
  }
  ++rounds_;
}

void StreamReduce::close_without_reduction() {
  for (int line = 0; line < shape_.chain; ++line) {
    std::int32_t* free = row(free_, line);
    for (int p = 0; p < active_; ++p) free[p] += timing_.scalar;
  }
  ++rounds_;
}

void StreamReduce::copy_ring(const Times& ring_times, int line, int element, std::int32_t* to) const {
  for (const Group& group : groups_) {
    if (element >= group.elements) continue;
    const std::int32_t* from = ring_times.data() + ring(line, rounds_ * group.elements + element) * width_;
    std::copy(from + group.first, from + group.last, to + group.first);
  }
}

void StreamReduce::fill_ring(Times& ring_times, int line, int element, const std::int32_t* from) {
  for (const Group& group : groups_) {
    if (element >= group.elements) continue;
    std::int32_t* to = ring_times.data() + ring(line, rounds_ * group.elements + element) * width_;
    std::copy(from + group.first, from + group.last, to + group.first);
  }
}

void StreamReduce::set_below(int element, const std::int32_t* departures) {
  fill_ring(leave_, shape_.chain, element, departures);
}
void StreamReduce::set_above(int element, const std::int32_t* credits) { fill_ring(arrive_, 0, element, credits); }
void StreamReduce::get_leaving(int element, std::int32_t* departures) const {
  copy_ring(leave_, 0, element, departures);
}
void StreamReduce::get_credits(int element, std::int32_t* credits) const {
  copy_ring(arrive_, shape_.chain, element, credits);
}

void StreamReduce::receive(int line, const std::int32_t* times, int first, int last) {
  const auto at = static_cast<std::size_t>(line);
  if (received_[at].empty()) {
    received_[at].assign(width_, 0);
    stolen_count_[at].assign(width_, 0);
    stolen_next_[at].assign(width_, 0);
  }
  std::int32_t* last_receive = row(last_receive_, line);
  for (int p = first; p < last; ++p) {
    ++received_[at][static_cast<std::size_t>(p)];
    last_receive[p] = times[p] + 1;
    if (line >= shape_.chain) continue;
    const auto slot = static_cast<std::size_t>(stolen_count_[at][static_cast<std::size_t>(p)]++);
    if (stolen_[at].size() < (slot + 1) * width_)
      stolen_[at].resize(std::max((slot + 1) * width_, stolen_[at].size() * 2));
    stolen_[at][slot * width_ + static_cast<std::size_t>(p)] = times[p];
    ++stolen_pending_[at];
  }
}

// First cycle >= `target` that no receiver takes. The cycles from `waited_from` to it that nobody took are added to
// `wait`; `waited_from` moves to the result.
std::int32_t StreamReduce::next_free_cycle(int line, int position, std::int32_t target, std::int32_t& waited_from,
                                           std::int32_t* wait) {
  std::int32_t lost = 0;
  if (steals(line)) {
    const auto at = static_cast<std::size_t>(line), p = static_cast<std::size_t>(position);
    std::int32_t& next = stolen_next_[at][p];
    const std::int32_t count = stolen_count_[at][p];
    while (next < count) {
      const std::int32_t taken = stolen_[at][static_cast<std::size_t>(next) * width_ + p];
      if (taken > target) break;
      if (taken >= waited_from) ++lost;
      if (taken == target) ++target;
      ++next;
      --stolen_pending_[at];
    }
  }
  *wait += target - waited_from - lost;
  waited_from = target;
  return target;
}

// The cycle after the last of `cycles` cycles that begin at `from` and are not taken by the receiver.
std::int32_t StreamReduce::occupy(int line, int position, std::int32_t from, std::int32_t cycles) {
  std::int32_t end = from + cycles;
  if (!steals(line)) return end;
  const auto at = static_cast<std::size_t>(line), p = static_cast<std::size_t>(position);
  std::int32_t& next = stolen_next_[at][p];
  const std::int32_t count = stolen_count_[at][p];
  while (next < count) {
    const std::int32_t taken = stolen_[at][static_cast<std::size_t>(next) * width_ + p];
    if (taken >= end) break;
    if (taken >= from) ++end;
    ++next;
    --stolen_pending_[at];
  }
  return end;
}

void StreamReduce::compact_steals(int line) {
  const auto at = static_cast<std::size_t>(line);
  if (stolen_pending_[at] > 0) return;
  std::fill(stolen_count_[at].begin(), stolen_count_[at].end(), 0);
  std::fill(stolen_next_[at].begin(), stolen_next_[at].end(), 0);
}

void StreamReduce::work(int line, const std::int32_t* cycles) {
  std::int32_t* free = row(free_, line);
  for (int p = 0; p < active_; ++p) free[p] += cycles[p];
}

void StreamReduce::take_broadcast(const std::int32_t* last) {
  for (int line = 0; line < shape_.chain; ++line) {
    std::int32_t* free = row(free_, line);
    for (int p = 0; p < active_; ++p) {
      const std::int32_t elements = shape_.elements[static_cast<std::size_t>(p)];
      const std::int32_t done = std::max(free[p] + elements, last[p] + line * timing_.hop + timing_.ramp + 1);
      row(wait_stream_, line)[p] += done - elements - free[p];
      free[p] = done;
    }
  }
}

PeTimes StreamReduce::pe(int line, int position) const {
  const auto at = static_cast<std::size_t>(line) * width_ + static_cast<std::size_t>(position);
  PeTimes times;
  times.wait_stream = wait_stream_[at];
  times.wait_partial_sum = wait_sum_[at];
  times.blocked = blocked_[at];
  times.stall = stall_[at];
  const auto l = static_cast<std::size_t>(line), p = static_cast<std::size_t>(position);
  if (!received_[l].empty()) {
    times.received = received_[l][p];
    times.received_late = line < shape_.chain ? stolen_count_[l][p] - stolen_next_[l][p] : times.received;
  }
  times.main_end = line < shape_.chain ? free_[at] : 0;
  times.end = std::max<Cycle>(times.main_end, last_receive_[at]);
  return times;
}

Cycle StreamReduce::end() const {
  Cycle end = 0;
  for (int line = 0; line < shape_.lines; ++line)
    for (int position = 0; position < shape_.positions; ++position) end = std::max(end, pe(line, position).end);
  return end;
}

}  // namespace weft::hw
