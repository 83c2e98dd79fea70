#include "sw/compiler/attention_prediction.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "hw/pe/cost.h"
#include "sw/compiler/round_form.h"

namespace weft::sw {

using hw::FabricTiming;
using hw::LaunchMap;
using proto::Limiter;

namespace {

/// A round's scalars and elements, the most of any line and position.
struct RoundSize {
  int wavelets, elements;
  friend bool operator<(const RoundSize& a, const RoundSize& b) {
    return std::tie(a.wavelets, a.elements) < std::tie(b.wavelets, b.elements);
  }
};

/// `most`: of any round; each has it where there are no windows.
std::map<RoundSize, int> sizes_of(const LaunchMap& map, const RoundSize& most) {
  if (!map.windows) return {{most, map.rounds}};
  std::map<RoundSize, int> rounds;
  for (int round = 0; round < map.rounds; ++round) {
    RoundSize size{0, 0};
    for (int line = 0; line < map.chain; ++line) size.wavelets = std::max(size.wavelets, map.wavelets_of(round, line));
    for (int position = 0; position < map.positions; ++position)
      size.elements = std::max(size.elements, map.elements_of(round, position));
    ++rounds[size];
  }
  return rounds;
}

}  // namespace

proto::LimiterCycles attention_parts(const hw::MachineSpec& machine, const LaunchMap& map) {
  const FabricTiming timing(machine);
  const int widest = *std::max_element(map.elements.begin(), map.elements.end());
  const int wavelets = *std::max_element(map.wavelets.begin(), map.wavelets.end());
  const Round round = round_of(timing, timing.axpy_lanes(map.half_sums), map, wavelets, widest);
  const Cycle step = timing.hop + 2 * timing.ramp + 1;  // from issue to issue along a line
  proto::LimiterCycles parts;
  Cycle vectors = 0;
  for (const auto& [size, rounds] : sizes_of(map, {wavelets, widest})) {
    parts.add(parts_of(round_of(timing, timing.axpy_lanes(map.half_sums), map, size.wavelets, size.elements), rounds));
    vectors += Cycle{rounds} * (timing.issue + size.elements);
  }
  if (map.windows) parts.of(Limiter::pe_issue) += map.rounds * timing.scalar;
  parts.of(Limiter::pe_issue) += timing.dispatch;
  Cycle& links = parts.of(Limiter::fabric_link);
  // A new owner sends when the last wavelet of the one before has reached it.
  const auto moves = [&](const hw::Owners& owners) { return owners.of(map.rounds - 1) - owners.of(0); };
  links += moves(map.stream_owners) * step + map.positions * timing.hop;
  if (map.vector_owners.any()) {
    // Every PE stores the round's vector before its scalars come; at the end its sums become halves, unless they stay.
    parts.of(Limiter::pe_sum) += vectors;
    if (map.rounds_sums())
      parts.of(Limiter::pe_sum) += hw::vector_cycles(machine.pe, Cycle{widest} * wavelets, machine.pe.lanes.convert);
    links += moves(map.vector_owners) * step + map.lines * timing.hop;
    return parts;
  }
  parts.of(Limiter::pe_sum) -= round.tail;
  // Of windows what is mean: a line is late by what it lost in all rounds.
  const int elements = map.windowed_elements() ? static_cast<int>(vectors / map.rounds - timing.issue) : widest;
  std::vector<Round> rounds;
  for (int line = 0; line < map.chain; ++line)
    rounds.push_back(round_of(timing, timing.axpy_lanes(map.half_sums), map,
                              map.wavelets[static_cast<std::size_t>(line)], elements));
  parts.add(parts_of_returns(timing, map, rounds));
  links += (map.chain - 1) * step + 2 * timing.ramp + timing.hop * map.sum_owners.of(map.rounds - 1) + 1;
  return parts;
}

}  // namespace weft::sw
