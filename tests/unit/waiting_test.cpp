// Question: is a queue as deep as the machine file says, do PEs that cannot go on say who waits for what, and are slots
// kept of those PEs that are asked for?
#include <catch2/catch.hpp>

#include "hw/pe/array_model.h"
#include "hw/pe/router_model.h"
#include "tests/support/mini_machine.h"
#include "tlm/base/error.h"

using namespace weft;
using namespace weft::hw;
using test::mini;

TEST_CASE("a router's queue takes as many as the machine file says, and not one more") {
  for (const auto& [port, depth] :
       {std::pair(Port::south, mini().router.link_queue), std::pair(Port::ramp, mini().router.output_queue)}) {
    RouterModel router(mini().router, {{3, {{Port::north, port_set(Port::east)}}}}, {});
    for (int number = 0; number < depth; ++number) REQUIRE_NOTHROW(router.arrive(port, {1, 3, false}, number));
    REQUIRE_THROWS_AS(router.arrive(port, {1, 3, false}, depth), SimulationError);
  }
}

TEST_CASE("all that wait are named, with what they wait for") {
  ArraySetup setup(2, 1, mini().pe.sram_bytes);
  Program& sender = setup.program(0, 0);
  Instruction send, drain;
  send.opcode = Opcode::send32;
  send.fabric_out = 7;
  send.count = 40;
  drain.opcode = Opcode::drain;
  drain.fabric_in = 5;
  drain.fabric_out = 7;
  drain.a = 200, drain.count = 1;
  sender.code = {send, {}, drain, {}};
  sender.tasks = {Task{}, {Trigger::launch, 0, 2, 1}};
  sender.routes[7] = {{Port::ramp, port_set(Port::east)}};
  Program& other = setup.program(1, 0);
  drain.fabric_out = 9;
  other.code = {drain, {}};
  other.tasks = {Task{}};
  other.routes[7] = {{Port::north, port_set(Port::ramp)}};
  for (const Port side : {Port::north, Port::east}) {
    auto& source = setup.edges[static_cast<std::size_t>(setup.edge(side, 0))].source;
    for (int number = 0; number <= mini().router.link_queue; ++number) source.push_back({0, {1, 7, false}});
  }
  const ArrayRun run = run_array(mini(), setup);
  REQUIRE(!run.finished);
  REQUIRE(
      run.waiting ==
      "PE (0, 0): task 0 (thread 0) at instruction 0 (SEND32 at=0 n=40 out=7) waits for room on color 7\n"
      "PE (0, 0): task 1 (thread 1) at instruction 2 (DRAIN acc=200 n=1 in=5 out=7) waits for a wavelet of color 5 and "
      "room on color 7\n"
      "PE (0, 0): color 7 from the north waits for the switch, which receives from the ramp\n"
      "PE (0, 0): color 7 from the ramp waits for room at the east\n"
      "PE (1, 0): task 0 (thread 0) at instruction 0 (DRAIN acc=200 n=1 in=5 out=9) waits for a wavelet of color 5\n"
      "PE (1, 0): color 7 from the east waits for the switch, which receives from the north\n"
      "PE (1, 0): color 7 from the west waits for the switch, which receives from the north\n"
      "edge 0: its next wavelet finds no room\n"
      "edge 4: its next wavelet finds no room\n");
}

TEST_CASE("slots are kept of the PEs that are asked for, or of all, or of none") {
  ArraySetup setup(2, 1, mini().pe.sram_bytes);
  Instruction call;
  call.opcode = Opcode::call;
  for (int x = 0; x < 2; ++x) {
    setup.program(x, 0).code = {call, {}};
    setup.program(x, 0).tasks = {Task{}};
  }
  const auto kept = [&](bool all, const std::vector<int>& some) {
    const ArrayRun run = run_array(mini(), setup, {all, nullptr, some});
    return std::pair(run.pes[0].slots.size(), run.pes[1].slots.size());
  };
  REQUIRE(kept(false, {}) == std::pair<std::size_t, std::size_t>(0, 0));
  REQUIRE(kept(false, {1}) == std::pair<std::size_t, std::size_t>(0, 1));
  REQUIRE(kept(true, {}) == std::pair<std::size_t, std::size_t>(1, 1));
}
