#include "tests/bench/bare_recurrence.h"

#include <algorithm>
#include <limits>

#include "hw/fabric/hop_scan.h"

namespace weft::bench {

namespace {
constexpr std::int32_t never = std::numeric_limits<std::int32_t>::min() / 2;
}

BareRecurrence::BareRecurrence(const hw::FabricTiming& timing, const RoundShape& shape)
    : timing_(timing), shape_(shape) {
  const auto lines = static_cast<std::size_t>(shape.lines), width = static_cast<std::size_t>(shape.positions);
  depart_.assign(lines * depth * (width + 2), never);
  taken_.assign(lines * depth * width, never);
  element_ = taken_;
  leave_.assign((lines + 1) * depth * width, never);
  arrive_ = leave_;
  free_.assign(lines * width, timing.dispatch);
  issue_.assign(lines * width, never);
  run_.assign(lines * width, never);
  crossed_.assign(lines * crossed_of_line(), never);
  for (Times* times : {&ready_, &wait_stream_, &wait_sum_, &blocked_, &stall_}) times->assign(lines * width, 0);
}

void BareRecurrence::round() {
  for (int line = 0; line < shape_.lines; ++line) stream_line(line);
  const std::size_t pes = free_.size();
  for (std::size_t pe = 0; pe < pes; ++pe) {
    const std::int32_t at = std::max(free_[pe], ready_[pe]);
    stall_[pe] += at - free_[pe];
    ready_[pe] = at + timing_.fill;
    issue_[pe] = at + timing_.issue - 1;
  }
  constexpr int strip = 1024;  // of one line: as many as stay in cache with the lines that the blocks are on
  for (int left = 0; left < shape_.positions; left += strip) sum(left, std::min(left + strip, shape_.positions));
  for (std::size_t pe = 0; pe < pes; ++pe) free_[pe] = issue_[pe] + 1 + timing_.scalar;
  ++rounds_;
}

void BareRecurrence::stream_line(int line) {
  const int width = shape_.positions;
  const std::int32_t ramp = timing_.ramp;
  for (int offset = 0; offset <= shape_.wavelets; ++offset) {
    const std::int64_t k = rounds_ * (shape_.wavelets + 1) + offset;
    std::int32_t* __restrict now = at(depart_, line, k, width + 2) + 1;
    const std::int32_t* __restrict before = at(depart_, line, k - 1, width + 2) + 1;
    const std::int32_t* __restrict room = at(depart_, line, k - timing_.link_queue, width + 2) + 1;
    const std::int32_t* __restrict credit = at(taken_, line, k - timing_.input_queue, width);
    now[-1] = std::max({1 + offset, before[-1] + 1, room[0] + 1});
    for (int p = 0; p < width; ++p) now[p] = std::max(std::max(before[p], room[p + 1]) + 1, credit[p] + ramp);
    run_along(now);
    const bool may_meet = offset < timing_.input_queue && rounds_ > 0 && line + 1 < shape_.lines;
    if (may_meet && meets_sums(line, now)) {
      for (int p = 0; p < width; ++p) now[p] = behind_sums(line, p, std::max(now[p], now[p - 1] + timing_.hop));
    }
    take(line, k, offset);
  }
}

// From `now`, when each position could hand the wavelet on if it had come at once, to when it does.
void BareRecurrence::run_along(std::int32_t* now) const {
  const hw::HopScan hops(timing_.hop);
  int p = 0;
  for (; p + hw::HopScan::block <= shape_.positions; p += hw::HopScan::block)
    hw::HopScan::store(hops.departures<1>(hw::HopScan::load(now + p), now[p - 1]), now + p);
  for (; p < shape_.positions; ++p) now[p] = std::max(now[p - 1] + timing_.hop, now[p]);
}

bool BareRecurrence::meets_sums(int line, const std::int32_t* now) const {
  const std::int32_t* last = crossed_.data() + static_cast<std::size_t>(line + 1) * crossed_of_line() -
                             static_cast<std::size_t>(shape_.positions);
  const std::int32_t* first = last - static_cast<std::ptrdiff_t>(shape_.elements - 1) * shape_.positions;
  int meet = 0;
  for (int p = 0; p < shape_.positions; ++p) meet += now[p] >= first[p] && now[p] <= last[p] ? 1 : 0;
  return meet > 0;
}

// The first cycle from `from` on in which no sum of the round before crosses the ramp.
std::int32_t BareRecurrence::behind_sums(int line, int position, std::int32_t from) const {
  const auto pe = static_cast<std::size_t>(line * shape_.positions + position);
  const std::int32_t* crossed = crossed_.data() + static_cast<std::size_t>(line) * crossed_of_line() + position;
  const std::int32_t last = crossed[static_cast<std::ptrdiff_t>(shape_.elements - 1) * shape_.positions];
  if (from < crossed[0] || from > last) return from;
  if (from >= run_[pe]) return last + 1;
  for (int element = 0; element < shape_.elements; ++element, crossed += shape_.positions) from += *crossed == from;
  return from;
}

// A core is free for the next scalar a constant time after the one before, so its books are kept once a round.
void BareRecurrence::take(int line, std::int64_t k, int offset) {
  const int width = shape_.positions;
  const std::int32_t ramp = timing_.ramp, fill = timing_.fill, control = timing_.control;
  const std::int32_t length = timing_.issue + (shape_.elements + shape_.lanes - 1) / shape_.lanes;
  const std::int32_t step = std::max(length, fill), steps = (shape_.wavelets - 1) * step;
  const std::int32_t stalls = (shape_.wavelets - 1) * (step - length);
  const std::int64_t begin = static_cast<std::int64_t>(line) * width;
  const std::int32_t* __restrict now = at(depart_, line, k, width + 2) + 1;
  const std::int32_t* __restrict before = at(taken_, line, k - 1, width);
  std::int32_t* __restrict taken = at(taken_, line, k, width);
  std::int32_t* __restrict free = free_.data() + begin;
  std::int32_t* __restrict ready = ready_.data() + begin;
  std::int32_t* __restrict wait = wait_stream_.data() + begin;
  std::int32_t* __restrict stall = stall_.data() + begin;
  if (offset == 0) {
    for (int p = 0; p < width; ++p) {
      const std::int32_t from = std::max(free[p], ready[p]);
      stall[p] += from - free[p] + stalls;
      wait[p] -= from + steps + length;
      taken[p] = std::max(now[p] + ramp, from);
    }
  } else if (offset < shape_.wavelets) {
    for (int p = 0; p < width; ++p) taken[p] = std::max(now[p] + ramp, before[p] + step);
  } else {
    for (int p = 0; p < width; ++p) {
      taken[p] = std::max(now[p] + ramp, before[p] + length);
      wait[p] += taken[p];
      free[p] = taken[p] + control;
      ready[p] = before[p] + fill;
    }
  }
}

// An element needs the same element of the line below and, for its room, the one link_queue before of the line above.
// So link_queue elements of a line go together, and each block of them follows the one before a line behind: all blocks
// pass a line while its history is in cache.
void BareRecurrence::sum(int left, int right) {
  const int together = timing_.link_queue, blocks = (shape_.elements + together - 1) / together;
  for (int first_line = shape_.lines - 1; first_line > -blocks; --first_line)
    for (int block = 0; block < blocks; ++block) {
      const int line = first_line + block;
      if (line < 0 || line >= shape_.lines) continue;
      const int last = std::min((block + 1) * together, shape_.elements);
      for (int offset = block * together; offset < last; ++offset)
        sum_element(line, rounds_ * shape_.elements + offset, left, right);
    }
}

void BareRecurrence::sum_element(int line, std::int64_t j, int left, int right) {
  const int width = shape_.positions;
  const std::int32_t ramp = timing_.ramp, hop = timing_.hop;
  const std::int64_t begin = static_cast<std::int64_t>(line) * width;
  std::int32_t* __restrict issue = issue_.data() + begin;
  std::int32_t* __restrict wait = wait_sum_.data() + begin;
  std::int32_t* __restrict blocked = blocked_.data() + begin;
  std::int32_t* __restrict element = at(element_, line, j, width);
  std::int32_t* __restrict arrive = at(arrive_, line + 1, j, width);
  std::int32_t* __restrict leave = at(leave_, line, j, width);
  const std::int32_t* __restrict below = at(leave_, line + 1, j, width);
  const std::int32_t* __restrict arrive_before = at(arrive_, line + 1, j - 1, width);
  const std::int32_t* __restrict credit = at(element_, line, j - timing_.input_queue, width);
  const std::int32_t* __restrict leave_before = at(leave_, line, j - 1, width);
  const std::int32_t* __restrict sent = at(leave_, line, j - timing_.output_queue, width);
  const std::int32_t* __restrict room = at(arrive_, line, j - timing_.link_queue, width);
  std::int32_t* __restrict run = run_.data() + begin;
  std::int32_t* __restrict crossed = crossed_.data() +
                                     static_cast<std::int64_t>(line) * static_cast<std::int64_t>(crossed_of_line()) +
                                     (j - rounds_ * shape_.elements) * width;
  // Few arrays a loop: the compiler checks that they do not overlap, or gives up.
  if (line + 1 < shape_.lines) {
    for (int p = left; p < right; ++p)
      arrive[p] = std::max(std::max(below[p] + hop, arrive_before[p] + 1), credit[p] + ramp);
    for (int p = left; p < right; ++p) run[p] = arrive[p] == arrive_before[p] + 1 ? run[p] : arrive[p];
    std::copy(arrive + left, arrive + right, crossed + left);
  }
  for (int p = left; p < right; ++p) {
    const std::int32_t from = issue[p] + 1, fed = std::max(from, arrive[p] + ramp);
    wait[p] += fed - from;
    element[p] = std::max(fed, sent[p] + ramp);
  }
  for (int p = left; p < right; ++p) blocked[p] += element[p] - std::max(issue[p] + 1, arrive[p] + ramp);
  std::copy(element + left, element + right, issue + left);
  if (line == 0) return;
  for (int p = left; p < right; ++p) leave[p] = std::max(element[p] + 1 + ramp, std::max(leave_before[p], room[p]) + 1);
}

BareRecurrence::Pe BareRecurrence::pe(int line, int position) const {
  const auto at = static_cast<std::size_t>(line * shape_.positions + position);
  return {free_[at], wait_stream_[at], wait_sum_[at], blocked_[at], stall_[at]};
}

}  // namespace weft::bench
