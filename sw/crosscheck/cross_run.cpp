#include "sw/crosscheck/cross_run.h"

#include <fmt/format.h>

#include <algorithm>

#include "hw/fabric/launch_times.h"
#include "sw/crosscheck/plain_sums.h"

namespace weft::sw {

namespace {

std::string first_difference(const hw::ArraySetup& array, const hw::ArrayRun& tiles, const hw::ArrayRun& model) {
  if (!model.finished) return "the PE model cannot go on:\n" + model.waiting;
  if (!tiles.finished) return "the tiles cannot go on:\n" + tiles.waiting;
  for (std::size_t at = 0; at < tiles.pes.size(); ++at) {
    const hw::PeRun &a = tiles.pes[at], &b = model.pes[at];
    const auto width = static_cast<std::size_t>(array.width);
    const std::string pe = fmt::format("PE ({}, {})", at % width, at / width);
    for (std::size_t slot = 0; slot < std::max(a.slots.size(), b.slots.size()); ++slot) {
      if (slot < a.slots.size() && slot < b.slots.size() && a.slots[slot] == b.slots[slot]) continue;
      const auto describe = [&](const std::vector<hw::CoreSlot>& slots) {
        if (slot >= slots.size()) return std::string("nothing");
        return fmt::format("cycle {}, thread {}, instruction {}", slots[slot].at, slots[slot].thread,
                           slots[slot].instruction);
      };
      return fmt::format("{}, slot {}: tile {}; model {}", pe, slot, describe(a.slots), describe(b.slots));
    }
    if (a.end != b.end) return fmt::format("{}: a thread ends in another cycle", pe);
    const auto [x, y] = std::mismatch(a.memory.begin(), a.memory.end(), b.memory.begin());
    if (x != a.memory.end())
      return fmt::format("{}: word {}: tile {:#x}; model {:#x}", pe, x - a.memory.begin(), *x, *y);
  }
  for (std::size_t at = 0; at < tiles.pes.size(); ++at)
    if (tiles.pes[at].sent != model.pes[at].sent) return fmt::format("PE {}: a wavelet leaves in another cycle", at);
  if (tiles.edges != model.edges) return "a wavelet crosses an edge in another cycle";
  return "";
}

}  // namespace

Cycle recurrence_end(const hw::MachineSpec& machine, const PreparedCase& prepared) {
  const hw::LaunchMap& map = prepared.map;
  hw::StreamReduce engine(hw::FabricTiming(machine),
                          hw::part_shape(map, 0, map.lines, 0, map.positions, machine.pe.lanes.fmac_mixed));
  const int wavelets = *std::max_element(map.wavelets.begin(), map.wavelets.end()) + 1;
  for (int round = 0; round < map.rounds; ++round) {
    hw::StreamReduce::Source source;
    if (map.from_edge) {
      source.edge = prepared.edge[static_cast<std::size_t>(round)].data();
    } else {
      source.owner = map.owner_row(round);
    }
    engine.stream(0, wavelets, source);
    engine.open_reduction(nullptr);
    engine.reduce(0, engine.max_elements(), map.returns ? map.owner_row(round) : -1);
    engine.close_reduction(map.advances(round));
  }
  return engine.end();
}

CrossResult run_case(const hw::MachineSpec& machine, const PreparedCase& prepared, Stalls stalls,
                     const hw::ClockedSource& tiles, CrossRuns* runs) {
  const MatrixSetup& setup = prepared.setup;
  const hw::ClockedRectangle all = tiles(0, 0, setup.array.width, setup.array.height);
  CrossRuns both{hw::run_array(machine, setup.array, {true, &all, {}}),
                 hw::run_array(machine, setup.array, {true, nullptr, {}})};
  CrossResult result;
  result.tiles = both.tiles.end;
  result.tile_cycles = both.tiles.clocked_cycles;
  result.difference = first_difference(setup.array, both.tiles, both.model);
  result.model_equal = result.difference.empty();
  if (both.tiles.finished) {
    const std::vector<std::uint32_t> expected = plain_sums(prepared.map, prepared.values);
    std::size_t at = 0;
    for (int round = 0; round < prepared.map.rounds; ++round) {
      for (int position = 0; position < prepared.map.positions; ++position) {
        for (int element = 0; element < prepared.map.elements[static_cast<std::size_t>(position)]; ++element, ++at) {
          const std::uint32_t sum = setup.result(both.tiles, round, position, element);
          if (sum == expected[at]) continue;
          if (result.difference.empty())
            result.difference = fmt::format("round {}, position {}, element {}: tiles {:#x}; plain loops {:#x}", round,
                                            position, element, sum, expected[at]);
          ++result.wrong_sums;
        }
      }
    }
    result.sums = static_cast<std::int64_t>(at);
  }
  if (stalls != Stalls::wavelets) result.recurrence = recurrence_end(machine, prepared);
  if (runs) *runs = std::move(both);
  return result;
}

}  // namespace weft::sw
