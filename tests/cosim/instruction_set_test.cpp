// Question: do model and tile agree slot by slot and bit by bit on random programs of every instruction, in tasks of
// every trigger on both threads, with loops, and edges that stall at random, on tiles of both kinds?
#include <algorithm>
#include <catch2/catch.hpp>

#include "hw/pe/array_model.h"
#include "hw/pe/instruction_text.h"
#include "hw/spec/machine_file.h"
#include "rtl/cosim/tile_array.h"
#include "sw/kernels/program_builder.h"
#include "tests/cosim/random_program.h"
#include "tests/support/paths.h"
#include "tlm/base/error.h"

using namespace weft;
using namespace weft::hw;

namespace {

MachineSpec machine_of(const char* name) { return load_machine(name, weft::test::source_path("hw/machines")); }

const MachineSpec& wse2() {
  static const MachineSpec machine = machine_of("wse2");
  return machine;
}

}  // namespace

TEST_CASE("random programs: model and tile are equal slot by slot and bit by bit, with the lanes of either machine") {
  const auto [name, seeds] = GENERATE(std::pair("wse2", 400U), std::pair("wse3", 400U));
  const MachineSpec machine = machine_of(name);
  rtl::TileArray tiles(machine);
  const ClockedRectangle tile = tiles.rectangle(0, 0, 1, 1);
  std::array<int, opcode_count> used{};
  std::array<int, 4> begun{};                             // by trigger
  int listed = 0, windowed = 0, half_sums = 0, held = 0;  // held: by what the vector before wrote
  for (std::uint32_t seed = 1; seed <= seeds; ++seed) {
    const test::RandomProgram random(seed, machine.pe.sram_bytes);
    for (std::size_t opcode = 0; opcode < used.size(); ++opcode) used[opcode] += random.used[opcode];
    listed += random.listed;
    windowed += random.windowed;
    half_sums += random.half_sums;
    const ArrayRun model = run_array(machine, random.setup(), {true, nullptr, {}}),
                   rtl = run_array(machine, random.setup(), {true, &tile, {}});
    INFO(name << ", seed " << seed << '\n' << to_string(random.setup().programs[0]) << model.waiting << rtl.waiting);
    REQUIRE(model.finished);
    REQUIRE(rtl.finished);
    CHECK(model.end == rtl.end);
    REQUIRE(model.pes[0].slots == rtl.pes[0].slots);
    REQUIRE(model.edges == rtl.edges);
    REQUIRE(model.pes[0].memory == rtl.pes[0].memory);
    held += static_cast<int>(std::count_if(model.pes[0].slots.begin(), model.pes[0].slots.end(),
                                           [](const CoreSlot& slot) { return slot.held == Held::ready; }));
    for (const Task& task : random.tasks())
      for (const CoreSlot& slot : model.pes[0].slots)
        begun[static_cast<std::size_t>(task.trigger)] += slot.thread == task.thread && slot.instruction == task.entry;
  }
  for (std::size_t opcode = 2; opcode < used.size(); ++opcode) {
    INFO(text_of(static_cast<Opcode>(opcode)).name);
    CHECK(used[opcode] > 100);
  }
  for (const int slots : begun) CHECK(slots > 150);
  CHECK(listed > 100);
  CHECK(windowed > 300);
  CHECK(half_sums > 300);
  // With a distance of 2 no vector that has elements is.
  CHECK((machine.pe.vector_fill_cycles == 2 || held > 100));
}

TEST_CASE("a control wavelet where data is due and an address outside the SRAM stop the tile as they stop the model") {
  rtl::TileArray tiles(wse2());
  const ClockedRectangle tile = tiles.rectangle(0, 0, 1, 1);
  const auto words = static_cast<std::uint16_t>(wse2().pe.sram_bytes / 2);
  Instruction store, drain, multiply, send, list, walk, give, window;
  store.opcode = Opcode::store32;
  store.count = 2;
  drain.opcode = Opcode::drain;
  drain.count = 2, drain.b = 100;
  multiply.opcode = Opcode::axpy;
  multiply.count = 4, multiply.element_stride = 1, multiply.row_stride = words - 4;
  send.opcode = Opcode::axpy_memory;
  send.count = 1, send.scalars = 1, send.c = words - 1, send.fabric_out = 6;
  walk = store;
  walk.row_stride = words - 4;
  give.opcode = Opcode::send16;
  give.count = 3, give.element_stride = 2, give.row_stride = words - 5, give.fabric_out = 6;
  Instruction walk_out = walk, give_out = give;
  walk_out.row_stride = words - 2, ++give_out.row_stride;
  window.opcode = Opcode::window;
  window.a = words - 2;
  list.opcode = Opcode::list16;
  list.count = 2;
  const Wavelet data{1, 5, false}, control = control_wavelet(5);
  const std::vector<std::tuple<Instruction, std::vector<Wavelet>, int, bool>> cases = {
      {store, {data, data}, 1, true},
      {store, {data, control}, 1, false},
      {walk, {data, data, data, data}, 2, true},
      {give, {}, 2, true},
      {give_out, {}, 2, false},
      {list, {data, data, control}, 1, true},
      {list, {data, data, data, control}, 1, false},
      {drain, {data, data}, 1, true},
      {drain, {data, control}, 1, false},
      {multiply, {scalar_wavelet(5, 1, 0x3c00), control}, 1, true},
      {multiply, {scalar_wavelet(5, 2, 0x3c00), control}, 1, false},
      {send, {}, 1, true},
      {send, {}, 2, false},
      {window, {}, 1, true},
      {window, {}, 2, false},
      {walk_out, {data, data, data, data}, 2, false}};  // the last: an assertion stops the tile for good
  for (const auto& [plain, wavelets, passes, good] : cases) {
    ArraySetup setup(1, 1, wse2().pe.sram_bytes);
    Program& program = setup.program(0, 0);
    Instruction instruction = plain;
    if (!wavelets.empty()) instruction.fabric_in = 5;
    sw::ProgramBuilder builder(program);
    builder.begin_thread(0);
    const int first = builder.here();
    builder.add(instruction);
    if (passes > 1) builder.loop(first, passes, 0);
    builder.halt();
    program.routes[5] = {{Port::west, port_set(Port::ramp)}};
    program.routes[6] = {{Port::ramp, port_set(Port::east)}};
    for (const Wavelet& wavelet : wavelets)
      setup.edges[static_cast<std::size_t>(setup.edge(Port::west, 0))].source.push_back({0, wavelet});
    INFO(to_string(program));
    for (const ClockedRectangle* clocked : {static_cast<const ClockedRectangle*>(nullptr), &tile}) {
      if (good) {
        REQUIRE(run_array(wse2(), setup, {true, clocked, {}}).finished);
      } else {
        REQUIRE_THROWS_AS(run_array(wse2(), setup, {true, clocked, {}}), SimulationError);
      }
    }
  }
}
