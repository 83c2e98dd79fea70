// Question: do the assertions of rtl/bind fire when a contract is broken, and not a step before?
#include <catch2/catch.hpp>

#include "rtl/cosim/tile.h"
#include "tests/support/mini_machine.h"
#include "tlm/base/error.h"

using namespace weft;
using namespace weft::hw;
using test::mini;

namespace {

constexpr int color = 3;

/// A tile that receives its color from the west and holds it there, because nobody in the east ever gives room back.
class Blocked {
 public:
  explicit Blocked(Program program = {}) : tile(rtl::TileMaker(mini())()) {
    program.routes[color] = {{Port::west, port_set(Port::east)}};
    tile->load(program, Sram(mini().pe.sram_bytes));
    tile->launch();
  }

  void push() {
    LinkWires wires;
    wires.valid = true;
    wires.wavelet = {7, color, false};
    tile->drive(index_of(Port::west), wires);
    tile->tick();
    tile->drive(index_of(Port::west), {});
  }

  void give_room() {
    LinkWires wires;
    wires.room = 1U << color;
    tile->drive(index_of(Port::east), wires);
    tile->tick();
    tile->drive(index_of(Port::east), {});
  }

  void run(int cycles) {
    while (cycles-- > 0) tile->tick();
  }

  std::unique_ptr<rtl::Tile> tile;
};

Program of(const std::vector<Instruction>& code) {
  Program program;
  program.code = code;
  program.tasks = {Task{}};
  program.routes[color + 1] = {{Port::north, port_set(Port::ramp)}};
  return program;
}

Instruction call() {
  Instruction instruction;
  instruction.opcode = Opcode::call;
  return instruction;
}

/// Stores one word of the fabric at word `at`, in a program that ends well.
Program store_at(int at) {
  Instruction store, halt;
  store.opcode = Opcode::store32;
  store.fabric_in = color + 1;
  store.count = 1;
  store.a = static_cast<std::uint16_t>(at);
  return of({store, halt});
}

void feed_and_run(Blocked& tile) {
  LinkWires wires;
  wires.valid = true;
  wires.wavelet = {7, color + 1, false};
  tile.tile->drive(index_of(Port::north), wires);
  tile.tile->tick();
  tile.tile->drive(index_of(Port::north), {});
  tile.run(30);
}

}  // namespace

TEST_CASE("a queue at a link holds its depth and what has left, and not one more") {
  Blocked tile;
  for (int number = 0; number < 2 * mini().router.link_queue; ++number) REQUIRE_NOTHROW(tile.push());
  REQUIRE_THROWS_AS(tile.push(), SimulationError);
}

TEST_CASE("a neighbour gives back the room that was used, and not one more") {
  Blocked tile;
  tile.push();
  tile.run(2);
  REQUIRE_NOTHROW(tile.give_room());
  REQUIRE_THROWS_AS(tile.give_room(), SimulationError);
}

TEST_CASE("a thread stays within its program") {
  Blocked good(of({call(), {}}));
  REQUIRE_NOTHROW(good.run(100));
  Blocked bad(of({call()}));
  REQUIRE_THROWS_AS(bad.run(100), SimulationError);
}

TEST_CASE("memory is written in its bounds, words at even addresses") {
  const int words = static_cast<int>(mini().pe.sram_bytes / 2);
  Blocked good(store_at(words - 2));
  REQUIRE_NOTHROW(feed_and_run(good));
  REQUIRE(good.tile->read(static_cast<std::uint32_t>(words - 2)) == 7);
  for (const int at : {words, 101}) {
    Blocked bad(store_at(at));
    REQUIRE_THROWS_AS(feed_and_run(bad), SimulationError);
  }
}
