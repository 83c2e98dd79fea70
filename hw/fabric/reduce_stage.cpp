// The chain of partial sums across the lines, the returned sums, and the cycles that a receiver takes.
#include <algorithm>

#include "hw/fabric/stream_reduce.h"

namespace weft::hw {

void StreamReduce::open_reduction(int line, const std::int32_t* sink_ready) {
  std::int32_t* __restrict free = row(free_, line);
  std::int32_t* __restrict ready = row(ready_, line);
  std::int32_t* __restrict issue = row(issue_, line);
  if (line > 0 && !steals(line)) {
    const std::int32_t fill = timing_.fill, before = timing_.issue - 1;
    const std::int32_t* __restrict wait = row(books_.wait_sum, line);
    std::int32_t* __restrict blocked = row(books_.blocked, line);
    std::int32_t* __restrict stall = row(books_.stall, line);
    for (int p = 0; p < active_; ++p) {
      const std::int32_t at = std::max(free[p], ready[p]);
      stall[p] += at - free[p];
      ready[p] = at + fill;
      issue[p] = at + before;
      blocked[p] += wait[p] - issue[p];
    }
    return;
  }
  for (int p = 0; p < active_; ++p) {
    std::int32_t from = free[p];
    std::int32_t at =
        receivers_.next_free_cycle(line, p, std::max(free[p], ready[p]), from, &row(books_.stall, line)[p]);
    if (line == 0) chain_.opens[static_cast<std::size_t>(p)] = at;
    if (line == 0 && sink_ready)
      at = receivers_.next_free_cycle(line, p, std::max(at, sink_ready[p]), from, &row(books_.blocked, line)[p]);
    ready[p] = at + timing_.fill;
    issue[p] = receivers_.occupy(line, p, at, timing_.issue) - 1;
    // What is neither an element, a wait for one, nor a receiver's is blocked: the other half in close_reduction().
    row(books_.blocked, line)[p] += row(books_.wait_sum, line)[p] - issue[p];
  }
}

void StreamReduce::reduce_early(int line, int element, int owner_line) {
  early_done_ = true;
  const bool returns = line == 0 && !shape_.chain_to_above && owner_line != 0;
  for (const Group& group : groups_) {
    if (element >= early(group)) continue;
    const std::int64_t j = group.summed + element;
    issue_element(line, j, group, group.first, group.last);
    if (returns_.kept && line == owner_line) {
      returns_.owner_issued.resize(width_, never_binds);
      const std::int32_t* issued = of_sum(chain_.element, line, j, group.first);
      std::copy(issued + group.first, issued + group.last, returns_.owner_issued.begin() + group.first);
    }
    if (line > 0) cross_ramp(line - 1, j, group, group.first, group.last);
    if (returns) return_element(j, owner_line, group.first, group.last);
  }
}

void StreamReduce::take_early(int element) {
  for (const Group& group : groups_)
    if (element < early(group)) cross_ramp(shape_.chain - 1, group.summed + element, group, group.first, group.last);
}

void StreamReduce::reduce(int first, int last, int owner_line) {
  for (const Group& group : groups_) {
    const int begin = std::max(first, early_done_ ? early(group) : 0), end = std::min(last, group.elements);
    if (begin < end) reduce_group(group, begin, end, owner_line);
  }
}

// A strip's history stays in cache while its elements pass.
void StreamReduce::reduce_group(const Group& group, int first, int last, int owner_line) {
  constexpr int strip = 64;
  const std::int64_t base = group.summed;
  const bool returns = !shape_.lists && !shape_.chain_to_above && shape_.chain > 0 && owner_line != 0;
  const bool whole = last == group.elements && !shape_.chain_from_below && !shape_.chain_to_above;
  if (whole && !shape_.lists && (owner_line <= 0 || owner_line >= shape_.chain))
    return sum_blocks(group, first, owner_line, returns);
  for (int left = group.first; left < group.last; left += strip) {
    const int right = std::min(left + strip, group.last);
    for (std::int64_t j = base + first; j < base + last; ++j) {
      for (int line = shape_.chain - 1; line >= 0; --line) reduce_element(line, j, group, left, right);
      if (returns) return_element(j, owner_line, left, right);
    }
  }
}

// Element j of one line's sum in [left, right).
void StreamReduce::reduce_element(int line, std::int64_t j, const Group& group, int left, int right) {
  if (line + 1 < shape_.chain || shape_.chain_from_below) cross_ramp(line, j, group, left, right);
  issue_element(line, j, group, left, right);
}

// The element of the line below leaves for the core of this line.
void StreamReduce::cross_ramp(int line, std::int64_t j, const Group& group, int left, int right) {
  const std::int32_t ramp = timing_.ramp;
  const auto at = [this, left](Times& times, int of_line, std::int64_t index) {
    return of_sum(times, of_line, index, left);
  };
  const std::int32_t* __restrict below = at(chain_.leave, line + 1, j);
  std::int32_t* __restrict arrive = at(chain_.arrive, line + 1, j);
  const std::int32_t* __restrict before = at(chain_.arrive, line + 1, j - 1);
  const std::int32_t* __restrict taken = at(chain_.element, line, j - depth(group));
  const std::int32_t way =
      timing_.hop + (line + 1 < shape_.chain ? copies_.line_lag[static_cast<std::size_t>(line) + 1] : 0);
  std::int32_t moved = 0;  // not a cycle after the one before
  if (receivers_.known_at(line)) {
    for (int p = left; p < right; ++p) {
      arrive[p] = receivers_.first_free(line, p, std::max({below[p] + way, before[p] + 1, taken[p] + ramp}));
      moved |= arrive[p] ^ (before[p] + 1);
    }
  } else {
    for (int p = left; p < right; ++p) {
      arrive[p] = std::max(std::max(below[p] + way, before[p] + 1), taken[p] + ramp);
      moved |= arrive[p] ^ (before[p] + 1);
    }
  }
  const std::int64_t element = j - group.summed;
  RampRuns& sums = sums_[static_cast<std::size_t>(line)];
  if (shape_.lists) {
    lists_.sums[static_cast<std::size_t>(line)].add(left, arrive[left]);
  } else if (moved == 0 && element != 0 && element != early(group)) {
    sums.extend(left, 1);
  } else {
    const std::int64_t closing = wavelets_before(line) + data(line);
    sums.begin(closing + timing_.input_queue, left, right, arrive);
  }
}

// The core of the line issues its element, which leaves the router.
void StreamReduce::issue_element(int line, std::int64_t j, const Group& group, int left, int right) {
  const std::int32_t ramp = timing_.ramp;
  const auto at = [this, left](Times& times, int of_line, std::int64_t index) {
    return of_sum(times, of_line, index, left);
  };
  const std::int32_t* __restrict room = at(chain_.arrive, line, j - timing_.link_queue);
  const bool has_input = line + 1 < shape_.chain || shape_.chain_from_below;
  const bool has_output = line > 0 || shape_.chain_to_above;
  std::int32_t* __restrict element = at(chain_.element, line, j);
  const std::int32_t* __restrict before = j == group.summed ? row(issue_, line) : at(chain_.element, line, j - 1);
  std::int32_t* __restrict wait = row(books_.wait_sum, line);
  std::int32_t* __restrict blocked = row(books_.blocked, line);
  std::int32_t* __restrict leave = at(chain_.leave, line, j);
  const std::int32_t* __restrict leave_before = at(chain_.leave, line, j - 1);
  const std::int32_t* __restrict sent = at(chain_.leave, line, j - timing_.output_queue);
  const std::int32_t* __restrict arrive = at(chain_.arrive, line + 1, j);
  if (steals(line)) {
    for (int p = left; p < right; ++p) {
      const std::int32_t begin = before[p] + 1, waited = wait[p];
      std::int32_t from = begin, room = 0;
      std::int32_t now = receivers_.next_free_cycle(line, p, from, from, &room);
      if (has_input) now = receivers_.next_free_cycle(line, p, std::max(now, arrive[p] + ramp), from, &wait[p]);
      if (has_output) now = receivers_.next_free_cycle(line, p, std::max(now, sent[p] + ramp), from, &room);
      blocked[p] -= now - begin - (wait[p] - waited) - room;
      element[p] = now;
    }
  } else {
    // Without a branch, so that it is done on vectors: where nothing arrives or is sent, those times never bind.
    for (int p = left; p < right; ++p) {
      const std::int32_t from = before[p] + 1;
      const std::int32_t has_operand = std::max(from, arrive[p] + ramp);
      const std::int32_t now = std::max(has_operand, sent[p] + ramp);
      wait[p] += has_operand - from;
      element[p] = now;
    }
  }
  if (has_output) {
    const std::int32_t lag = copies_.line_lag[static_cast<std::size_t>(line)];
    if (lag > 0) check_copies(line, j, left, right);
    for (int p = left; p < right; ++p)
      leave[p] = std::max(element[p] + 1 + ramp, std::max(leave_before[p], room[p] - lag) + 1);
    if (shape_.lists) lists_.leave[static_cast<std::size_t>(line)].add(left, leave[left]);
  }
}

// See fold.h: before `leave` of element j is known. Arrivals of a round's early elements may already stand in the place
// of older ones, later than those: an element has also arrived a ramp before it was issued.
void StreamReduce::check_copies(int line, std::int64_t j, int left, int right) {
  const auto at = [this, left](const Times& times, int of_line, std::int64_t index) {
    return of_sum(times, of_line, index, left);
  };
  const auto l = static_cast<std::size_t>(line);
  const std::int32_t* element = at(chain_.element, line, j);
  const std::int32_t* leave_before = at(chain_.leave, line, j - 1);
  const std::int32_t* own_room = at(chain_.arrive, line + 1, j - timing_.link_queue);
  const std::int32_t* room_issued = at(chain_.element, line, j - timing_.link_queue);
  const std::int32_t *fed = at(chain_.leave, line + 1, j), *room = at(chain_.arrive, line, j - timing_.link_queue);
  const std::int32_t shift = copies_.line_lag[l + 1] + copies_.shift, lag = copies_.line_lag[l];
  bool alike = true, has_room = true;
  for (int p = left; p < right; ++p) {
    const std::int32_t leave = std::max(element[p] + 1 + timing_.ramp, leave_before[p] + 1);
    const std::int32_t own = std::min(own_room[p], room_issued[p] - timing_.ramp);
    alike &= leave == fed[p] + shift && own + copies_.shift + 1 <= leave;
    has_room &= room[p] - lag + 1 <= leave;
  }
  if (copies_.hold && alike && !has_room) copies_.pushed_back = line;
  copies_.hold &= alike && has_room;
}

void StreamReduce::return_element(std::int64_t j, int owner_line, int left, int right) {
  const std::int32_t* element = of_sum(chain_.element, 0, j, left);
  for (int p = left; p < right; ++p) {
    const auto at = static_cast<std::size_t>(p);
    chain_.returned[at] = std::max(element[p] + 1 + timing_.ramp, chain_.returned[at] + 1);
  }
  deliver_returned(owner_line, left, right);
}

void StreamReduce::deliver_returned(int owner_line, int left, int right) {
  if (owner_line < 0 || owner_line >= shape_.lines) return;
  const std::int32_t way = owner_line * timing_.hop + timing_.ramp;
  chain_.returned_arrival.resize(width_);
  for (int p = left; p < right; ++p)
    chain_.returned_arrival[static_cast<std::size_t>(p)] = chain_.returned[static_cast<std::size_t>(p)] + way;
  if (returns_.kept) {
    returns_.times.resize(width_);
    for (int p = left; p < right; ++p)
      returns_.times[static_cast<std::size_t>(p)].push_back(chain_.returned_arrival[static_cast<std::size_t>(p)]);
  }
  if (!returns_.expected) receive(owner_line, chain_.returned_arrival.data(), left, right);
}

void StreamReduce::expect_returns(int line, const Returns& times) {
  returns_.expected = true;
  Times element(width_);
  for (std::size_t p = 0; p < times.size(); ++p) {
    for (const std::int32_t time : times[p]) {
      element[p] = time;
      receive(line, element.data(), static_cast<int>(p), static_cast<int>(p) + 1);
    }
  }
}

bool StreamReduce::returned_early() const {
  for (std::size_t p = 0; p < returns_.owner_issued.size() && p < returns_.times.size(); ++p)
    if (!returns_.times[p].empty() && returns_.times[p].front() <= returns_.owner_issued[p]) return true;
  return false;
}

void StreamReduce::close_reduction(bool advance) {
  for (int line = 0; line < shape_.chain; ++line) {
    std::int32_t* free = row(free_, line);
    std::int32_t* issue = row(issue_, line);
    for (const Group& group : groups_) {
      const std::int32_t *last = last_issue_row(line, group.first), *wait = row(books_.wait_sum, line);
      std::int32_t* blocked = row(books_.blocked, line);
      for (int p = group.first; p < group.last; ++p) {
        issue[p] = last[p];
        blocked[p] += last[p] - group.elements - wait[p];
      }
    }
    const std::int32_t tail = (advance && line == 0 ? timing_.control : 0) + timing_.scalar;
    if (steals(line)) {
      for (int p = 0; p < active_; ++p) free[p] = receivers_.occupy(line, p, issue[p] + 1, tail);
    } else {
      for (int p = 0; p < active_; ++p) free[p] = issue[p] + 1 + tail;
    }
    if (advance && line == 0 && !shape_.chain_to_above)
      for (int p = 0; p < active_; ++p) chain_.returned[static_cast<std::size_t>(p)] += timing_.control;
  }
  close_counts();
  early_done_ = returns_.expected = false;
  returns_.times.clear();
  returns_.owner_issued.clear();
  for (int line = 0; line < shape_.chain; ++line) {
    sums_[static_cast<std::size_t>(line)].forget_before(wavelets_before(line));
    receivers_.end_round(line);
  }
}

void StreamReduce::close_without_reduction() {
  for (int line = 0; line < shape_.chain; ++line) {
    std::int32_t* free = row(free_, line);
    for (int p = 0; p < active_; ++p) free[p] += timing_.scalar;
  }
  close_counts();
}

// One vector instruction, which waits for the last AXPY's pipeline.
void StreamReduce::round_sums() {
  for (int line = 0; line < shape_.chain; ++line) {
    std::int32_t *free = row(free_, line), *ready = row(ready_, line), *stall = row(books_.stall, line);
    for (int p = 0; p < active_; ++p) {
      const std::int64_t sums =
          std::int64_t{shape_.elements[static_cast<std::size_t>(p)]} * shape_.wavelets[static_cast<std::size_t>(line)];
      if (sums == 0) continue;
      const std::int32_t from = std::max(free[p], ready[p]);
      stall[p] += from - free[p];
      free[p] = from + timing_.issue + static_cast<std::int32_t>(ceil_div(sums, timing_.convert_lanes));
    }
  }
}

void StreamReduce::copy_ring(const Times& ring_times, int line, int element, std::int32_t* to) const {
  for (const Group& group : groups_) {
    if (element >= group.elements) continue;
    const std::int32_t* from = of_sum(ring_times, line, group.summed + element, group.first);
    std::copy(from + group.first, from + group.last, to + group.first);
  }
}

void StreamReduce::fill_ring(Times& ring_times, int line, int element, const std::int32_t* from) {
  for (const Group& group : groups_) {
    if (element >= group.elements) continue;
    std::int32_t* to = of_sum(ring_times, line, group.summed + element, group.first);
    std::copy(from + group.first, from + group.last, to + group.first);
  }
}

void StreamReduce::set_below(int element, const std::int32_t* departures) {
  fill_ring(chain_.leave, shape_.chain, element, departures);
}
void StreamReduce::set_above(int element, const std::int32_t* credits) {
  fill_ring(chain_.arrive, 0, element, credits);
}
void StreamReduce::get_leaving(int element, std::int32_t* departures) const {
  copy_ring(chain_.leave, 0, element, departures);
}
void StreamReduce::get_credits(int element, std::int32_t* credits) const {
  copy_ring(chain_.arrive, shape_.chain, element, credits);
}

PeTimes StreamReduce::pe(int line, int position) const {
  const auto at = static_cast<std::size_t>(line) * width_ + static_cast<std::size_t>(position);
  PeTimes times;
  times.wait_stream = books_.wait_stream[at];
  times.wait_partial_sum = books_.wait_sum[at];
  times.blocked = books_.blocked[at];
  times.stall = books_.stall[at];
  times.received = receivers_.received(line, position);
  times.received_late = receivers_.received_late(line, position);
  times.received_before = receivers_.received_before(line, position);
  times.main_end = line < shape_.chain ? free_[at] : 0;
  times.begin = line < shape_.chain && !begin_.empty() ? begin_[at] : 0;
  if (line < shape_.chain && position >= first_sender()) {
    const std::int32_t waited = waited_to_send(line, position);
    times.main_end += waited;
    times.blocked += waited;
  }
  const std::int32_t lag =
      copies_.line_lag[static_cast<std::size_t>(line)] + copies_.position_lag[static_cast<std::size_t>(position)];
  if (lag > 0) times.copies = lag / copies_.shift + 1;
  times.end = std::max<Cycle>(times.main_end, receivers_.end(line, position)) + lag;
  return times;
}

Cycle StreamReduce::end() const {
  Cycle end = 0;
  for (int line = 0; line < shape_.lines; ++line)
    for (int position = 0; position < shape_.positions; ++position) end = std::max(end, pe(line, position).end);
  return end;
}

}  // namespace weft::hw
