// Question: does a task begin in the cycle that rtl/ISA.md says, and not one before; which of several goes first; how
// often; and does a PE that waits say which task waits for what?
#include <catch2/catch.hpp>

#include "hw/pe/array_model.h"
#include "sw/kernels/assembler.h"
#include "tests/support/mini_machine.h"
#include "tlm/base/error.h"

using namespace weft;
using namespace weft::hw;
using Catch::Contains;
using test::mini;

namespace {

constexpr int color = 3;

/// A PE with `listing`, to whose west edge `wavelets` come.
ArrayRun run(const std::string& listing, const std::vector<TimedWavelet>& wavelets) {
  ArraySetup setup(1, 1, mini().pe.sram_bytes);
  setup.program(0, 0) = sw::assemble(listing, "listing");
  setup.program(0, 0).routes[color] = {{Port::west, port_set(Port::ramp)}};
  setup.edges[static_cast<std::size_t>(setup.edge(Port::west, 0))].source = wavelets;
  return run_array(mini(), setup, {true, nullptr, {}});
}

/// "at/thread/instruction" of each slot.
std::vector<std::string> slots(const ArrayRun& run) {
  std::vector<std::string> texts;
  for (const CoreSlot& slot : run.pes[0].slots)
    texts.push_back(std::to_string(slot.at) + "/" + std::to_string(slot.thread) + "/" +
                    std::to_string(slot.instruction));
  return texts;
}
using Slots = std::vector<std::string>;

const Wavelet data{7, color, false}, control = control_wavelet(color);
/// Cycles from the edge to the core: a hop, then the ramp.
const Cycle way = mini().router.hop_cycles + mini().router.ramp_cycles;

std::string at(Cycle cycle, int thread, int instruction) {
  return std::to_string(cycle) + "/" + std::to_string(thread) + "/" + std::to_string(instruction);
}

}  // namespace

TEST_CASE("a task begins dispatch cycles after its wavelet on the main thread, at once on the receiver") {
  const Cycle dispatch = mini().pe.task_dispatch_cycles, arrival = 50 + way;
  const std::string store = "STORE32 at=0 n=1 in=3\nHALT\n", call = "CALL\nHALT\n";
  CHECK(slots(run("task 0 thread=1 data=3\n" + store, {{50, data}})) == Slots{at(arrival, 1, 0)});
  CHECK(slots(run("task 0 thread=0 data=3\n" + store, {{50, data}})) == Slots{at(arrival + dispatch, 0, 0)});
  const Cycle taken = mini().pe.control_cycles;
  CHECK(slots(run("task 0 thread=1 control=3\n" + call, {{50, control}})) ==
        Slots{at(arrival, 1, 0), at(arrival + taken, 1, 0)});
  CHECK(slots(run("task 0 thread=0 control=3\n" + call, {{50, control}})) ==
        Slots{at(arrival + dispatch, 0, 0), at(arrival + dispatch + taken, 0, 0)});
}

TEST_CASE("a task's end is seen in the cycle behind the one in which its thread stands at HALT") {
  const Cycle dispatch = mini().pe.task_dispatch_cycles, end = dispatch + mini().pe.call_cycles;
  const std::string code = "task 0 thread=0 launch\nCALL\nHALT\n";
  CHECK(slots(run(code + "task 1 thread=1 completion=0\nCALL\nHALT\n", {})) ==
        Slots{at(dispatch, 0, 0), at(end + 1, 1, 2)});
  CHECK(slots(run(code + "task 1 thread=0 completion=0\nCALL\nHALT\n", {})) ==
        Slots{at(dispatch, 0, 0), at(end + 1 + dispatch, 0, 2)});
}

TEST_CASE("of several the first in the table begins, wavelet after wavelet, and each of its wavelets is its own") {
  const std::string code =
      "task 2 thread=1 launch\nCALL\nHALT\n"
      "task 1 thread=1 control=3\nHALT\n"
      "task 0 thread=1 data=3\nSTORE32 at=0 n=1 in=3\nHALT\n";
  const ArrayRun busy = run(code, {{0, data}, {1, control}, {2, data}, {3, data}});
  REQUIRE(busy.finished);
  const Cycle free = mini().pe.call_cycles + 1;
  CHECK(slots(busy) == Slots{at(0, 1, 0), at(free, 1, 3), at(free + 2, 1, 2), at(free + 4, 1, 3), at(free + 6, 1, 3)});
  // A pending launch goes behind data that waits as well, as the table says.
  const std::string other =
      "task 0 thread=1 data=3\nSTORE32 at=0 n=1 in=3\nHALT\ntask 1 thread=1 launch\nCALL\nHALT\n"
      "task 2 thread=1 launch\nCALL\nHALT\n";
  const Slots order = slots(run(other, {{0, data}}));
  REQUIRE(order.size() == 3);
  CHECK(order[1] == at(mini().pe.call_cycles + 1, 1, 0));
}

TEST_CASE("ends that nobody has followed yet count once") {
  const std::string code =
      "task 0 thread=1 data=3\nSTORE32 at=0 n=1 in=3\nHALT\n"
      "task 1 thread=0 completion=0\nCALL\nHALT\n";
  std::vector<TimedWavelet> wavelets(4, {0, data});
  const Slots all = slots(run(code, wavelets));
  CHECK(std::count_if(all.begin(), all.end(), [](const std::string& slot) { return slot.find("/0/2") != slot.npos; }) ==
        2);
}

TEST_CASE("a PE that waits says which task waits for what, and which wavelet for a task") {
  const std::string code =
      "task 0 thread=1 control=3\nSTORE32 at=0 n=2 in=3\nHALT\n"
      "task 1 thread=0 completion=0\nCALL\nHALT\n"
      "task 2 thread=0 data=5\nSTORE32 at=0 n=1 in=5\nHALT\n";
  CHECK(run(code, {}).finished);
  CHECK(run(code, {{0, control}, {0, data}, {0, data}}).finished);
  CHECK(run(code, {{0, control}, {0, data}}).waiting ==
        "PE (0, 0): task 0 (thread 1) at instruction 0 (STORE32 at=0 n=2 in=3) waits for a wavelet of color 3\n"
        "PE (0, 0): task 1 (thread 0) has not begun: it waits for the end of task 0\n"
        "PE (0, 0): task 2 (thread 0) has not begun: it waits for a data wavelet of color 5\n");
  const ArrayRun left = run(code, {{0, data}});
  CHECK(!left.finished);
  CHECK_THAT(left.waiting, Contains("a data wavelet of color 3 waits in the core for a task that takes it") &&
                               Contains("task 0 (thread 1) has not begun: it waits for a control wavelet of color 3"));
}

TEST_CASE("a table that cannot work is refused with the task's name") {
  const auto refused = [](const std::string& listing, const std::string& expected) {
    INFO(listing);
    const Program program = sw::assemble(listing, "listing");
    REQUIRE_THROWS_AS(validate(program, mini()), UsageError);
    REQUIRE_THROWS_WITH(validate(program, mini()), Contains(expected));
  };
  refused("task 0 thread=1 data=3\nCALL\nHALT",
          "task 0 thread=1 data=3: no instruction before its HALT takes data of color 3");
  refused("task 0 thread=1 data=3\nDRAIN acc=0 n=0 to=8 in=3\nHALT", "takes data of color 3");
  refused("task 0 thread=1 data=3\nSTORE32 at=0 n=1 in=4\nHALT\nSTORE32 at=0 n=1 in=3\nHALT", "takes data of color 3");
  refused("task 0 thread=0 data=24\nHALT", "colors are 0 to 23");
  refused("task 0 thread=0 completion=1\nHALT", "tasks are 0 to 0");
  refused("task 0 thread=0 completion=0\nHALT", "it waits for its own end");
  refused("task 0 thread=0 completion=1\ntask 1 thread=1 completion=0\nHALT", "it waits for its own end");
  refused("CALL\ntask 0 thread=0 launch\nLOOP count=2 target=0 counter=0\nHALT", "goes back before its entry 1");
  CHECK_NOTHROW(
      validate(sw::assemble("task 0 thread=0 launch\nCALL\nLOOP count=2 target=0 counter=0\nHALT", "l"), mini()));
  Program many;
  many.code = {Instruction{}};
  many.tasks.resize(task_capacity);
  CHECK_NOTHROW(validate(many, mini()));
  many.tasks.emplace_back();
  CHECK_THROWS_WITH(validate(many, mini()), Contains("9 tasks; a PE's table has 8"));
}

TEST_CASE("an entry of the table comes back from its word") {
  for (int trigger = 0; trigger < 4; ++trigger)
    for (int source = 0; source < 24; ++source)
      for (int entry = 0; entry < 64; ++entry) {
        const Task task{static_cast<Trigger>(trigger), source, entry, entry % thread_count};
        REQUIRE(decode_task(encode(task)) == task);
      }
  CHECK(!decode_task(0));
}
