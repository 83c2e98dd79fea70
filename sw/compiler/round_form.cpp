#include "sw/compiler/round_form.h"

#include <algorithm>

namespace weft::sw {

using hw::FabricTiming;
using hw::LaunchMap;
using proto::Limiter;

Round round_of(const FabricTiming& timing, int simd, const LaunchMap& map, int wavelets, int elements) {
  const Cycle axpy = timing.issue + ceil_div(elements, simd);
  const Cycle sum = map.reduces ? timing.issue + elements + timing.scalar : timing.scalar;
  const Cycle busy = wavelets * axpy + timing.control + sum;
  const Cycle wait = map.reduces ? std::max<Cycle>(0, timing.fill - sum) : 0;
  const Cycle of_sum = map.reduces ? sum + wait : 0;
  if (wavelets == 0) return {timing.control + sum + wait, 0, of_sum, 0, wait};
  const Cycle tail = map.reduces
                         ? std::max<Cycle>(axpy + timing.control, timing.fill) + std::max<Cycle>(sum, timing.fill)
                         : std::max<Cycle>(axpy + timing.control + sum, timing.fill);
  const Cycle length = (wavelets - 1) * std::max<Cycle>(axpy, timing.fill) + tail;
  return {length, wavelets * ceil_div(elements, simd), of_sum, length - busy, wait};
}

proto::LimiterCycles parts_of(const Round& round, Cycle rounds) {
  proto::LimiterCycles parts;
  parts.of(Limiter::pe_arithmetic) = rounds * round.arithmetic;
  parts.of(Limiter::pe_sum) = rounds * round.sum;
  parts.of(Limiter::pe_issue) = rounds * (round.length - round.arithmetic - round.sum);
  return parts;
}

proto::LimiterCycles parts_of_returns(const FabricTiming& timing, const LaunchMap& map,
                                      const std::vector<Round>& rounds) {
  const hw::Owners& owners = map.sum_owners;
  const int widest = *std::max_element(map.elements.begin(), map.elements.end());
  const Cycle slowest = std::max_element(rounds.begin(), rounds.end(), [](const Round& a, const Round& b) {
                          return a.length < b.length;
                        })->length;
  proto::LimiterCycles parts;
  // In its own rounds a row also takes the returned sum, row 0 sends a control wavelet after each other owner's last
  // one, and falls behind. Rows before it in the chain go on until the queues between are full: with whole rounds,
  // where those fit. When their turn comes, they fall behind by what they were ahead.
  const int held = timing.link_queue + timing.input_queue;
  const Cycle ahead = held / widest * slowest + held % widest;
  Cycle most_behind = 0;
  for (int line = 0; line < map.chain; ++line) {
    const int own = line == 0             ? std::max(0, std::min(owners.rounds, owners.lines) - 2)
                    : line < owners.lines ? owners.count(line)
                                          : 0;
    const Cycle each = line == 0 ? timing.control : widest;
    const Cycle room =
        slowest - rounds[static_cast<std::size_t>(line)].length + rounds[static_cast<std::size_t>(line)].idle;
    const Cycle behind = own * std::max<Cycle>(0, each - room);
    most_behind = std::max(most_behind, std::min(behind, ahead));
    parts.of(Limiter::queues) += std::max<Cycle>(0, behind - ahead);
    // What would fit into idle cycles at first meets the sum, which has none, as often as the sum is long; after a
    // few rounds of one owner the two have moved apart.
    if (line == 0) continue;
    constexpr int rounds_to_settle = 4;
    parts.of(Limiter::pe_sum) += std::min(own, rounds_to_settle) *
                                 std::min({static_cast<Cycle>(widest), room, static_cast<Cycle>(timing.fill)}) *
                                 (timing.issue + widest + timing.scalar) / slowest;
  }
  parts.of(Limiter::pe_sum) += most_behind;
  return parts;
}

}  // namespace weft::sw
