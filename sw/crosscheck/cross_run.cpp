#include "sw/crosscheck/cross_run.h"

#include <fmt/format.h>

#include <algorithm>

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
    for (std::size_t word = 0; word < a.memory.size(); ++word)
      if (a.memory[word] != b.memory[word])
        return fmt::format("{}: word {}: tile {:#x}; model {:#x}", pe, word, a.memory[word], b.memory[word]);
  }
  for (std::size_t at = 0; at < tiles.pes.size(); ++at)
    if (tiles.pes[at].sent != model.pes[at].sent) return fmt::format("PE {}: a wavelet leaves in another cycle", at);
  if (tiles.edges != model.edges) return "a wavelet crosses an edge in another cycle";
  return "";
}

}  // namespace

CrossResult run_case(const hw::MachineSpec& machine, const PreparedCase& prepared, const hw::ClockedSource& tiles,
                     CrossRuns* runs) {
  const hw::ArraySetup& array = prepared.setup->array;
  CrossRuns both;
  both.model = hw::run_array(machine, array, {true, nullptr, {}});
  if (tiles) {
    const hw::ClockedRectangle all = tiles(0, 0, array.width, array.height);
    both.tiles = hw::run_array(machine, array, {true, &all, {}});
  } else {
    both.tiles = both.model;
  }
  CrossResult result;
  result.tiles = both.tiles.end;
  result.tile_cycles = both.tiles.clocked_cycles;
  result.difference = first_difference(array, both.tiles, both.model);
  result.model_equal = result.difference.empty();
  if (both.tiles.finished) {
    const std::vector<std::uint32_t>& expected = prepared.launch.results;
    const std::vector<std::uint32_t> found = prepared.setup->results(both.tiles);
    for (std::size_t at = 0; at < expected.size(); ++at) {
      if (at < found.size() && found[at] == expected[at]) continue;
      if (result.difference.empty())
        result.difference = fmt::format("result {} of {}: tiles {:#x}; plain loops {:#x}", at, expected.size(),
                                        at < found.size() ? found[at] : 0, expected[at]);
      ++result.wrong_sums;
    }
    result.sums = static_cast<std::int64_t>(expected.size());
  }
  result.recurrence = prepared.recurrence;
  if (runs) *runs = std::move(both);
  return result;
}

}  // namespace weft::sw
