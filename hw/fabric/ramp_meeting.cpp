// Where the wavelets of the next round meet this round's partial sums on the ramp into a core. The stage that is timed
// second knows of the first but cannot change what has gone on to other lines:
//   - A stream from the edge usually waits at the router for room in the core's queue. Then the next round's wavelet
//     crosses the ramp as soon as the closing wavelet has made room, older than any partial sum of that cycle.
//   - A wavelet that comes among the last partial sums of a round moves those behind it by a cycle, and the core with
//     them, if it waited for the last one. What the core has sent on meanwhile is not moved any more.
#include <algorithm>

#include "hw/fabric/stream_reduce.h"

namespace weft::hw {

void StreamReduce::expect_wavelet(int line) {
  const std::int64_t closing = sent(line) + data(line);
  std::int32_t* expected = row(expected_, line);
  if (shape_.edge_wavelets.empty() ||
      closing + timing_.input_queue >= shape_.edge_wavelets[static_cast<std::size_t>(line)]) {
    std::fill(expected, expected + width_, never_binds);
    return;
  }
  const std::int32_t* departs = depart(line, closing);
  const std::int32_t* taken = consume(line, closing);
  const std::int32_t* room = consume(line, closing - timing_.input_queue);
  for (int p = 0; p < active_; ++p) {
    // The launch's first wavelets had room at once: are as many again there in time, one a cycle?
    const bool waits = room[p] == never_binds ? departs[p] + timing_.input_queue <= taken[p] + timing_.ramp
                                              : departs[p] == room[p] + timing_.ramp;
    expected[p] = waits ? taken[p] + timing_.ramp : never_binds;
  }
}

bool StreamReduce::meets_others(int line, std::int64_t j, const Group& group) const {
  return steals(line) || (!shape_.edge_wavelets.empty() && j - group.summed < timing_.input_queue);
}

// Delays the arrivals of element j, which are those of a ramp of its own, by what crosses before it. Partial sums that
// wait at the router for room in the core's queue get it with each element that the core has issued: they are told to
// the receivers before the core asks for the cycles of returned sums that come behind them.
void StreamReduce::share_ramp(int line, std::int64_t j, const Group& group, const std::int32_t* below, std::int32_t way,
                              int left, int right) {
  const auto at = [&](Times& times, int of_line, std::int64_t index) {
    return times.data() + ring(of_line, index) * width_;
  };
  std::int32_t* arrive = at(arrive_, line + 1, j);
  const std::int32_t* expected = row(expected_, line);
  for (int p = left; p < right; ++p) arrive[p] += arrive[p] == expected[p];
  if (!steals(line)) return;
  const std::int64_t end = group.summed + group.elements;
  const std::int32_t* taken = at(element_, line, j - timing_.input_queue);
  for (int p = left; p < right; ++p) {
    const std::int32_t age = below[p] + way;
    const bool waits_for_core = arrive[p] == taken[p] + timing_.ramp && arrive[p] > age;
    arrive[p] = receivers_.cross_ramp(line, p, age, arrive[p]);
    if (!waits_for_core) continue;
    for (int ahead = 1; ahead <= timing_.link_queue && ahead < timing_.input_queue && j + ahead < end; ++ahead)
      receivers_.cross_ramp(line, p, at(arrive_, line + 1, j + ahead - timing_.link_queue)[p] + 1 + timing_.hop,
                            at(element_, line, j + ahead - timing_.input_queue)[p] + timing_.ramp);
  }
}

void StreamReduce::meet_last_sums(int line, std::int64_t k, int offset) {
  const bool has_input = line + 1 < shape_.chain || shape_.chain_from_below;
  // With lists a core has its own list to take before the wavelet that might meet the sums.
  if (offset >= timing_.input_queue || rounds_ == 0 || !has_input || !reduced_ || shape_.lists) return;
  const std::int32_t* departs = depart(line, k);
  const std::int32_t* issue = row(issue_, line);
  for (const Group& group : groups_) {
    const std::int64_t last = group.summed - 1;
    const auto arrive = [&](std::int64_t j) { return arrive_.data() + ring(line + 1, j) * width_; };
    const std::int32_t *last_arrival = arrive(last), *expected = row(expected_, line);
    const auto elements = static_cast<std::uint32_t>(group.summed_last);
    const std::uint32_t remembered = std::min<std::uint32_t>(elements, history_depth);
    const auto meets = [=, ramp = timing_.ramp](int p) {
      return (static_cast<std::uint32_t>(last_arrival[p] - departs[p]) < elements) & (departs[p] != expected[p]) &
             (issue[p] == last_arrival[p] + ramp);
    };
    // First without the rows that only a wavelet among the last sums needs.
    std::int32_t any = 0;
    for (int p = group.first; p < group.last; ++p)
      any |= static_cast<std::uint32_t>(last_arrival[p] - departs[p]) < elements ? 1 : 0;
    if (any == 0) continue;
    any = 0;
    for (int p = group.first; p < group.last; ++p) any |= meets(p) ? 1 : 0;
    if (any == 0) continue;
    const std::int32_t* oldest = arrive(last + 1 - remembered);
    for (int p = group.first; p < group.last; ++p) {
      if (!meets(p)) continue;
      const auto behind = static_cast<std::uint32_t>(last_arrival[p] - departs[p]);
      const bool one_a_cycle = behind < remembered ? arrive(last - behind)[p] == departs[p]
                                                   : last_arrival[p] - oldest[p] == static_cast<int>(remembered) - 1;
      if (!one_a_cycle) continue;
      std::int32_t& free = row(free_, line)[p];
      receivers_.next_free_cycle(line, p, free + 1, free, &row(wait_sum_, line)[p]);
    }
  }
}

}  // namespace weft::hw
