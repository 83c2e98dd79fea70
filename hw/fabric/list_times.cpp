#include "hw/fabric/list_times.h"

#include <algorithm>

namespace weft::hw {

ListTimes::ListTimes(int chain, int positions, int history)
    : chain(chain),
      positions(positions),
      history(history),
      depart(static_cast<std::size_t>(positions * (chain + 2) * history), never_binds),
      taken(depart.size(), never_binds),
      known(depart.size(), exact | alike),
      senders(static_cast<std::size_t>(chain * history), -1),
      sums(static_cast<std::size_t>(chain), RampSpans(static_cast<std::size_t>(positions))),
      leave(sums) {}

void ListTimes::compare_positions(std::int32_t /*shift*/, std::vector<std::int32_t>& differs) const {
  if (chain > 0) std::fill(differs.begin(), differs.end(), 1);
}

bool ListTimes::line_follows(int line, std::int32_t shift, const RoundSizes& sizes) const {
  if (chain == 0) return true;
  const auto l = static_cast<std::size_t>(line);
  if (!sums[l].is_copy(sums[l + 1], shift) || !leave[l].is_copy(leave[l + 1], shift)) return false;
  for (int position = 0; position < sizes.active(); ++position) {
    const std::int32_t *here = ring(taken, position, line), *before = ring(taken, position, line + 1);
    const std::int32_t *left = ring(depart, position, line), *left_before = ring(depart, position, line + 1);
    for (const std::uint8_t* of_line : {ring(known, position, line), ring(known, position, line + 1)})
      if (std::any_of(of_line, of_line + history, [](std::uint8_t of) { return (of & exact) == 0; })) return false;
    for (int back = 0; back < history; ++back) {
      const bool never = here[back] == never_binds && before[back] == never_binds;
      if (!never && here[back] != before[back] + shift) return false;
      if (left[back] > std::max(never_binds, left_before[back] + shift)) return false;
    }
  }
  return true;
}

void ListTimes::take_lines(const ListTimes& from, const std::vector<LineSource>& sources) {
  if (chain == 0) return;
  std::copy_n(ring(from.depart, 0, from.chain), positions * history, ring(depart, 0, chain));
  for (int line = 0; line < chain; ++line) {
    const auto [of, later] = sources[static_cast<std::size_t>(line)];
    const auto take = [count = positions * history, cycles = later](const std::int32_t* times, std::int32_t* to) {
      std::transform(times, times + count, to, [cycles](std::int32_t time) { return moved(time, cycles); });
    };
    take(ring(from.depart, 0, of), ring(depart, 0, line));
    take(ring(from.taken, 0, of), ring(taken, 0, line));
    std::copy_n(ring(from.known, 0, of), positions * history, ring(known, 0, line));
    std::copy_n(from.senders_of(of), history, senders_of(line));
    sums[static_cast<std::size_t>(line)] = from.sums[static_cast<std::size_t>(of)].later(later);
    leave[static_cast<std::size_t>(line)] = from.leave[static_cast<std::size_t>(of)].later(later);
  }
}

}  // namespace weft::hw
