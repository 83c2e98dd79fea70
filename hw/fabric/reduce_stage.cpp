// The chain of partial sums across the lines, the returned sums, and the cycles that a receiver takes.
#include <algorithm>

#include "hw/fabric/stream_reduce.h"

namespace weft::hw {

void StreamReduce::open_reduction(int line, const std::int32_t* sink_ready) {
  std::int32_t* __restrict free = free_of(line);
  std::int32_t* __restrict ready = ready_of(line);
  std::int32_t* __restrict issue = state_.issue.row(line);
  if (line > 0 && !steals(line)) {
    const std::int32_t fill = timing_.fill, before = timing_.issue - 1;
    const std::int32_t* __restrict wait = book(&PartBooks::wait_sum, line);
    std::int32_t* __restrict blocked = book(&PartBooks::blocked, line);
    std::int32_t* __restrict stall = book(&PartBooks::stall, line);
    for (int p = 0; p < active(); ++p) {
      const std::int32_t at = std::max(free[p], ready[p]);
      stall[p] += at - free[p];
      ready[p] = at + fill;
      issue[p] = at + before;
      blocked[p] += wait[p] - issue[p];
    }
    return;
  }
  for (int p = 0; p < active(); ++p) {
    std::int32_t from = free[p];
    std::int32_t at =
        state_.receivers.next_free_cycle(line, p, std::max(free[p], ready[p]), from, &book(&PartBooks::stall, line)[p]);
    if (line == 0) opens_[static_cast<std::size_t>(p)] = at;
    if (line == 0 && sink_ready)
      at = state_.receivers.next_free_cycle(line, p, std::max(at, sink_ready[p]), from,
                                            &book(&PartBooks::blocked, line)[p]);
    ready[p] = at + timing_.fill;
    issue[p] = state_.receivers.occupy(line, p, at, timing_.issue) - 1;
    // What is neither an element, a wait for one, nor a receiver's is blocked: the other half in close_reduction().
    book(&PartBooks::blocked, line)[p] += book(&PartBooks::wait_sum, line)[p] - issue[p];
  }
}

void StreamReduce::reduce_early(int line, int element, int owner_line) {
  round_.early_done = true;
  const bool returns = line == 0 && !shape_.chain_to_above && owner_line != 0;
  for (const Group& group : state_.sizes.groups()) {
    if (element >= state_.sizes.early(group)) continue;
    const std::int64_t j = group.summed + element;
    issue_element(line, j, group, group.first, group.last);
    if (round_.returns_kept && line == owner_line) {
      round_.owner_issued.resize(static_cast<std::size_t>(shape_.positions), never_binds);
      const std::int32_t* issued = state_.element.row(line, j, group.first);
      std::copy(issued + group.first, issued + group.last, round_.owner_issued.begin() + group.first);
    }
    if (line > 0) cross_ramp(line - 1, j, group, group.first, group.last);
    if (returns) return_element(j, owner_line, group.first, group.last);
  }
}

void StreamReduce::take_early(int element) {
  for (const Group& group : state_.sizes.groups())
    if (element < state_.sizes.early(group))
      cross_ramp(shape_.chain - 1, group.summed + element, group, group.first, group.last);
}

void StreamReduce::reduce(int first, int last, int owner_line) {
  for (const Group& group : state_.sizes.groups()) {
    const int begin = std::max(first, round_.early_done ? state_.sizes.early(group) : 0),
              end = std::min(last, group.elements);
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
  const auto at = [left](TimeRings& times, int of_line, std::int64_t index) { return times.row(of_line, index, left); };
  const std::int32_t* __restrict below = at(state_.leave, line + 1, j);
  std::int32_t* __restrict arrive = at(state_.arrive, line, j);
  const std::int32_t* __restrict before = at(state_.arrive, line, j - 1);
  const std::int32_t* __restrict taken = at(state_.element, line, j - state_.sizes.depth(group));
  const std::int32_t way =
      timing_.hop + (line + 1 < shape_.chain ? copies_.line_lag[static_cast<std::size_t>(line) + 1] : 0);
  std::int32_t moved = 0;  // not a cycle after the one before
  if (state_.receivers.known_at(line)) {
    for (int p = left; p < right; ++p) {
      arrive[p] = state_.receivers.first_free(line, p, std::max({below[p] + way, before[p] + 1, taken[p] + ramp}));
      moved |= arrive[p] ^ (before[p] + 1);
    }
  } else {
    for (int p = left; p < right; ++p) {
      arrive[p] = std::max(std::max(below[p] + way, before[p] + 1), taken[p] + ramp);
      moved |= arrive[p] ^ (before[p] + 1);
    }
  }
  const std::int64_t element = j - group.summed;
  RampRuns& sums = state_.sums.of(line);
  if (shape_.lists) {
    state_.lists.sums[static_cast<std::size_t>(line)].add(left, arrive[left]);
  } else if (moved == 0 && element != 0 && element != state_.sizes.early(group)) {
    sums.extend(left, 1);
  } else {
    const std::int64_t closing = wavelets_before(line) + data(line);
    sums.begin(closing + timing_.input_queue, left, right, arrive);
  }
}

// The core of the line issues its element, which leaves the router.
void StreamReduce::issue_element(int line, std::int64_t j, const Group& group, int left, int right) {
  const std::int32_t ramp = timing_.ramp;
  const auto at = [left](TimeRings& times, int of_line, std::int64_t index) { return times.row(of_line, index, left); };
  const std::int32_t* __restrict room = at(state_.arrive, line - 1, j - timing_.link_queue);
  const bool has_input = line + 1 < shape_.chain || shape_.chain_from_below;
  const bool has_output = line > 0 || shape_.chain_to_above;
  std::int32_t* __restrict element = at(state_.element, line, j);
  const std::int32_t* __restrict before = j == group.summed ? state_.issue.row(line) : at(state_.element, line, j - 1);
  std::int32_t* __restrict wait = book(&PartBooks::wait_sum, line);
  std::int32_t* __restrict blocked = book(&PartBooks::blocked, line);
  std::int32_t* __restrict leave = at(state_.leave, line, j);
  const std::int32_t* __restrict leave_before = at(state_.leave, line, j - 1);
  const std::int32_t* __restrict sent = at(state_.leave, line, j - timing_.output_queue);
  const std::int32_t* __restrict arrive = at(state_.arrive, line, j);
  if (steals(line)) {
    for (int p = left; p < right; ++p) {
      const std::int32_t begin = before[p] + 1, waited = wait[p];
      std::int32_t from = begin, room = 0;
      std::int32_t now = state_.receivers.next_free_cycle(line, p, from, from, &room);
      if (has_input) now = state_.receivers.next_free_cycle(line, p, std::max(now, arrive[p] + ramp), from, &wait[p]);
      if (has_output) now = state_.receivers.next_free_cycle(line, p, std::max(now, sent[p] + ramp), from, &room);
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
    if (shape_.lists) state_.lists.leave[static_cast<std::size_t>(line)].add(left, leave[left]);
  }
}

// See copy_checks.h: before `leave` of element j is known. Arrivals of a round's early elements may already stand in
// the place of older ones, later than those: an element has also arrived a ramp before it was issued.
void StreamReduce::check_copies(int line, std::int64_t j, int left, int right) {
  const auto at = [left](const TimeRings& times, int of_line, std::int64_t index) {
    return times.row(of_line, index, left);
  };
  const auto l = static_cast<std::size_t>(line);
  const std::int32_t* element = at(state_.element, line, j);
  const std::int32_t* leave_before = at(state_.leave, line, j - 1);
  const std::int32_t* own_room = at(state_.arrive, line, j - timing_.link_queue);
  const std::int32_t* room_issued = at(state_.element, line, j - timing_.link_queue);
  const std::int32_t *fed = at(state_.leave, line + 1, j), *room = at(state_.arrive, line - 1, j - timing_.link_queue);
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
  const std::int32_t* element = state_.element.row(0, j, left);
  for (int p = left; p < right; ++p)
    state_.returned[p] = std::max(element[p] + 1 + timing_.ramp, state_.returned[p] + 1);
  deliver_returned(owner_line, left, right);
}

void StreamReduce::deliver_returned(int owner_line, int left, int right) {
  if (owner_line < 0 || owner_line >= shape_.lines) return;
  const std::int32_t way = owner_line * timing_.hop + timing_.ramp;
  round_.returned_arrival.resize(static_cast<std::size_t>(shape_.positions));
  for (int p = left; p < right; ++p) round_.returned_arrival[static_cast<std::size_t>(p)] = state_.returned[p] + way;
  if (round_.returns_kept) {
    round_.returns.resize(static_cast<std::size_t>(shape_.positions));
    for (int p = left; p < right; ++p)
      round_.returns[static_cast<std::size_t>(p)].push_back(round_.returned_arrival[static_cast<std::size_t>(p)]);
  }
  if (!round_.returns_expected) receive(owner_line, round_.returned_arrival.data(), left, right);
}

void StreamReduce::expect_returns(int line, const Returns& times) {
  round_.returns_expected = true;
  Times element(static_cast<std::size_t>(shape_.positions));
  for (std::size_t p = 0; p < times.size(); ++p) {
    for (const std::int32_t time : times[p]) {
      element[p] = time;
      receive(line, element.data(), static_cast<int>(p), static_cast<int>(p) + 1);
    }
  }
}

// An element of the owner's is held up by the elements before it, by sums that have not returned yet to its line and to
// those below, which feed it, and by the queues on its way, which the round before may have left full.
bool StreamReduce::may_return_early(int owner_line) const {
  if (owner_line <= 0 || owner_line >= shape_.chain) return false;
  const std::int32_t way = timing_.way_back(owner_line);
  std::int64_t held_up = 2 * sizes().early_elements() + timing_.link_queue + timing_.output_queue;
  for (int line = owner_line; line < shape_.chain && held_up < way; ++line)
    held_up += state_.receivers.most_waiting(line);
  return held_up >= way;
}

bool StreamReduce::returned_early() const {
  for (std::size_t p = 0; p < round_.owner_issued.size() && p < round_.returns.size(); ++p)
    if (!round_.returns[p].empty() && round_.returns[p].front() <= round_.owner_issued[p]) return true;
  return false;
}

const std::int32_t* StreamReduce::last_issue_row(int line, int position) const {
  const Group* group = position < active() ? &sizes().group_at(position) : nullptr;
  if (!group || group->elements == 0) return state_.issue.row(line);
  return state_.element.row(line, group->summed + group->elements - 1, position);
}

void StreamReduce::close_reduction(bool advance) {
  for (int line = 0; line < shape_.chain; ++line) {
    std::int32_t* free = free_of(line);
    std::int32_t* issue = state_.issue.row(line);
    for (const Group& group : state_.sizes.groups()) {
      const std::int32_t *last = last_issue_row(line, group.first), *wait = book(&PartBooks::wait_sum, line);
      std::int32_t* blocked = book(&PartBooks::blocked, line);
      for (int p = group.first; p < group.last; ++p) {
        issue[p] = last[p];
        blocked[p] += last[p] - group.elements - wait[p];
      }
    }
    const std::int32_t tail = (advance && line == 0 ? timing_.control : 0) + timing_.scalar;
    if (steals(line)) {
      for (int p = 0; p < active(); ++p) free[p] = state_.receivers.occupy(line, p, issue[p] + 1, tail);
    } else {
      for (int p = 0; p < active(); ++p) free[p] = issue[p] + 1 + tail;
    }
    if (advance && line == 0 && !shape_.chain_to_above)
      for (int p = 0; p < active(); ++p) state_.returned[p] += timing_.control;
  }
  state_.sizes.close_round();
  round_.early_done = round_.returns_kept = round_.returns_expected = false;
  round_.returns.clear();
  round_.owner_issued.clear();
  for (int line = 0; line < shape_.chain; ++line) {
    state_.sums.of(line).forget_before(wavelets_before(line));
    state_.receivers.end_round(line);
  }
}

void StreamReduce::close_without_reduction() {
  for (int line = 0; line < shape_.chain; ++line) {
    std::int32_t* free = free_of(line);
    for (int p = 0; p < active(); ++p) free[p] += timing_.scalar;
  }
  state_.sizes.close_round();
}

// One vector instruction, which waits for the last AXPY's pipeline.
void StreamReduce::round_sums() {
  for (int line = 0; line < shape_.chain; ++line) {
    std::int32_t *free = free_of(line), *ready = ready_of(line), *stall = book(&PartBooks::stall, line);
    for (int p = 0; p < active(); ++p) {
      const std::int64_t sums =
          std::int64_t{shape_.elements[static_cast<std::size_t>(p)]} * shape_.wavelets[static_cast<std::size_t>(line)];
      if (sums == 0) continue;
      const std::int32_t from = std::max(free[p], ready[p]);
      stall[p] += from - free[p];
      free[p] = from + timing_.issue + static_cast<std::int32_t>(ceil_div(sums, timing_.convert_lanes));
    }
  }
}

}  // namespace weft::hw
