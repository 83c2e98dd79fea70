// Question: do Verilated tiles in the midst of modelled PEs do what an array of tiles alone does, and what models do?
#include <catch2/catch.hpp>

#include <algorithm>

#include "hw/pe/array_model.h"
#include "hw/spec/machine_file.h"
#include "rtl/cosim/tile_array.h"
#include "sw/crosscheck/cross_case.h"
#include "tests/support/paths.h"

using namespace weft;
using namespace weft::hw;

namespace {

/// One PE, as the model and as a tile.
std::pair<ArrayRun, ArrayRun> model_and_tile(const MachineSpec& machine, const ArraySetup& setup) {
  rtl::TileArray tiles(machine);
  const ClockedRectangle tile = tiles.rectangle(0, 0, 1, 1);
  return {run_array(machine, setup, {true, nullptr, {}}), run_array(machine, setup, {true, &tile, {}})};
}

}  // namespace

TEST_CASE("tiles, models and both in one array: same slots, same wires, same memories") {
  const MachineSpec machine = load_machine("mini", weft::test::source_path("hw/machines"));
  rtl::TileArray tiles(machine);
  int mixed_arrays = 0;
  for (int index = 0; index < 160; ++index) {
    const sw::CrossCase c = sw::sweep_case(5, index, 6, sw::program_kernels());
    const sw::PreparedCase prepared = sw::prepare(machine, c);
    const ArraySetup& array = prepared.setup->array;
    const ArrayRun model = run_array(machine, array, {true, nullptr, {}});
    // The whole, and a rectangle one row and one column from the rim where there is one.
    const int x = array.width > 2 ? 1 : 0, y = array.height > 2 ? 1 : 0;
    for (const ClockedRectangle& where :
         {tiles.rectangle(0, 0, array.width, array.height),
          tiles.rectangle(x, y, std::max(1, array.width - 2), std::max(1, array.height - 2))}) {
      const ArrayRun run = run_array(machine, array, {true, &where, {}});
      INFO(sw::to_string(c) << '\n' << model.waiting << run.waiting);
      REQUIRE(model.finished);
      REQUIRE(run.finished);
      REQUIRE(run.clocked_cycles > 0);
      CHECK(model.end == run.end);
      CHECK(model.hops == run.hops);
      CHECK(model.edges == run.edges);
      for (std::size_t pe = 0; pe < model.pes.size(); ++pe) {
        CHECK(model.pes[pe].slots == run.pes[pe].slots);
        CHECK(model.pes[pe].sent == run.pes[pe].sent);
        CHECK(model.pes[pe].end == run.pes[pe].end);
        CHECK(model.pes[pe].memory == run.pes[pe].memory);
      }
      mixed_arrays += where.pes.size() < model.pes.size();
    }
  }
  CHECK(mixed_arrays > 60);
}

TEST_CASE("an edge that is long silent does not put tiles to sleep for good") {
  const MachineSpec machine = load_machine("mini", weft::test::source_path("hw/machines"));
  ArraySetup setup(1, 1, machine.pe.sram_bytes);
  Program& program = setup.program(0, 0);
  Instruction store, send;
  store.opcode = Opcode::store32;
  store.fabric_in = 5, store.count = 1;
  send.opcode = Opcode::send32;
  send.fabric_out = 6, send.count = 30;
  program.code = {store, send, {}};
  program.tasks = {Task{}};
  program.routes = {{5, {{Port::west, port_set(Port::ramp)}}}, {6, {{Port::ramp, port_set(Port::east)}}}};
  setup.edges[static_cast<std::size_t>(setup.edge(Port::west, 0))].source = {{4000, {9, 5, false}}};
  setup.edges[static_cast<std::size_t>(setup.edge(Port::east, 0))].sink[6] = {9000, 9001, 14000};
  const auto [model, run] = model_and_tile(machine, setup);
  INFO(run.waiting);
  REQUIRE(run.finished);
  REQUIRE(run.end > 14000);
  REQUIRE(run.end == model.end);
  REQUIRE(run.pes[0].slots == model.pes[0].slots);
  REQUIRE(run.clocked_cycles < 14000);  // it slept
}

TEST_CASE("behind a switch the way it has left may stay full") {
  const MachineSpec machine = load_machine("mini", weft::test::source_path("hw/machines"));
  ArraySetup setup(1, 1, machine.pe.sram_bytes);
  const auto full = static_cast<std::uint16_t>(machine.router.link_queue);
  const std::uint16_t behind = 30;
  Instruction fill, send;
  fill.opcode = send.opcode = Opcode::send32;
  fill.fabric_out = send.fabric_out = 6;
  fill.count = full - 1, fill.close = true, fill.advance = 1;
  send.count = behind;
  setup.program(0, 0).code = {fill, send, {}};
  setup.program(0, 0).tasks = {Task{}};
  setup.program(0, 0).routes = {{6, {{Port::ramp, port_set(Port::east)}, {Port::ramp, port_set(Port::south)}}}};
  constexpr Cycle late = 4000;
  setup.edges[static_cast<std::size_t>(setup.edge(Port::east, 0))].sink[6] = std::vector<Cycle>(full, late);
  setup.edges[static_cast<std::size_t>(setup.edge(Port::south, 0))].sink[6] = std::vector<Cycle>(behind, 0);
  const auto [model, run] = model_and_tile(machine, setup);
  INFO(run.waiting);
  REQUIRE(run.finished);
  CHECK(run.pes[0].end[0] < late);
  CHECK(run.pes[0].slots == model.pes[0].slots);
  CHECK(run.pes[0].end == model.pes[0].end);
}

TEST_CASE("a tile is awake through its longest vector: one lane, both operands in the same banks") {
  const MachineSpec machine = load_machine("mini", weft::test::source_path("hw/machines"));
  ArraySetup setup(1, 1, machine.pe.sram_bytes);
  Instruction multiply;
  multiply.opcode = Opcode::mul32;
  multiply.b = 8192, multiply.count = 4000;
  setup.program(0, 0).code = {multiply, {}};
  setup.program(0, 0).tasks = {Task{}};
  const auto [model, run] = model_and_tile(machine, setup);
  INFO(run.waiting);
  REQUIRE(run.finished);
  REQUIRE(run.end > 8000);
  REQUIRE(run.end == model.end);
}

TEST_CASE("memory behind the host port's back is the memory that the host port sees") {
  const MachineSpec machine = load_machine("mini", weft::test::source_path("hw/machines"));
  const std::unique_ptr<rtl::Tile> tile = rtl::TileMaker(machine)();
  Sram memory(machine.pe.sram_bytes);
  for (int word = 0; word < machine.pe.sram_bytes / 2; word += 97)
    memory.write16(word, static_cast<std::uint16_t>(word * 7));
  tile->load({}, memory);
  REQUIRE(Sram(tile->memory()) == memory);
  for (int word = 0; word < machine.pe.sram_bytes / 2; word += 61)
    REQUIRE(tile->read(static_cast<std::uint32_t>(word)) == memory.read16(word));
  for (int word = 0; word < machine.pe.sram_bytes / 2; word += 83) {
    memory.write16(word, static_cast<std::uint16_t>(~word));
    tile->write(static_cast<std::uint32_t>(word), memory.read16(word));
  }
  REQUIRE(Sram(tile->memory()) == memory);
}
