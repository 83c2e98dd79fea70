// Question: are instructions encoded as documented, bad programs refused, and do PEs that cannot go on say why?
#include <catch2/catch.hpp>

#include <random>

#include "hw/pe/array_model.h"
#include "tests/support/mini_machine.h"
#include "tlm/base/error.h"

using namespace weft;
using namespace weft::hw;
using Catch::Contains;
using test::mini;

namespace {

Instruction of(Opcode opcode) {
  Instruction instruction;
  instruction.opcode = opcode;
  return instruction;
}

Instruction store(int color, int at, int count) {
  Instruction instruction = of(Opcode::store32);
  instruction.fabric_in = static_cast<std::uint8_t>(color);
  instruction.a = static_cast<std::uint16_t>(at);
  instruction.count = static_cast<std::uint16_t>(count);
  return instruction;
}

Program single(const Instruction& instruction) {
  Program program;
  program.code = {instruction, of(Opcode::halt)};
  program.tasks = {Task{}};
  return program;
}

}  // namespace

TEST_CASE("every field of an instruction comes back from its five words") {
  std::mt19937 random(7);
  const auto word = [&] { return static_cast<std::uint16_t>(random()); };
  for (int number = 0; number < 1000; ++number) {
    Instruction i = of(static_cast<Opcode>(random() % static_cast<unsigned>(opcode_count)));
    if (random() % 2) i.fabric_in = static_cast<std::uint8_t>(random() % 24);
    if (random() % 2) i.fabric_out = static_cast<std::uint8_t>(random() % 24);
    i.close = random() % 2, i.silent = random() % 2;
    i.listed = random() % 2, i.windowed = random() % 2, i.windowed_scalars = random() % 2;
    i.half_sums = random() % 2;
    i.advance = word(), i.count = word(), i.a = word(), i.b = word(), i.c = word(), i.row_stride = word();
    if (i.opcode == Opcode::loop) {
      i.target = word(), i.counter = static_cast<std::uint16_t>(random() % 4);
    } else {
      i.element_stride = word(), i.scalars = word();
    }
    const auto decoded = decode(encode(i));
    REQUIRE(decoded.has_value());
    REQUIRE(*decoded == i);
  }
  for (auto unknown = static_cast<std::uint32_t>(opcode_count); unknown <= 0x3f; ++unknown)
    REQUIRE(!decode({unknown, 0, 0, 0, 0}).has_value());
}

TEST_CASE("the documented words of an AXPY") {
  Instruction i = of(Opcode::axpy);
  i.fabric_in = 3, i.a = 0x10, i.b = 0x200, i.count = 7, i.row_stride = 8, i.element_stride = 1;
  REQUIRE(encode(i) == EncodedInstruction{0x342, 0x00100007, 0x200, 0x00010008, 0});
}

TEST_CASE("a bad program is refused with instruction, value and range, at the gate it is not") {
  const int words = static_cast<int>(mini().pe.sram_bytes / 2);
  REQUIRE_NOTHROW(validate(single(store(23, words - 2, 1)), mini()));
  REQUIRE_THROWS_WITH(validate(single(store(23, words, 1)), mini()), Contains("the SRAM has 24576 words"));
  REQUIRE_THROWS_WITH(validate(single(store(24, 0, 1)), mini()), Contains("in = 24: colors are 0 to 23"));
  REQUIRE_THROWS_WITH(validate(single(store(0, 1, 1)), mini()), Contains("fp32 stands at an even word"));
  REQUIRE_THROWS_WITH(validate(single(of(Opcode::mul32)), mini()), Contains("n = 0: at least 1 element"));
  Instruction sum = store(0, words - 2, 1);
  sum.opcode = Opcode::add32;
  REQUIRE_THROWS_WITH(validate(single(sum), mini()), Contains("m = 0: at least 1"));
  sum.scalars = 1;
  REQUIRE_NOTHROW(validate(single(sum), mini()));
  Instruction multiply = of(Opcode::fmac32);
  multiply.count = 3, multiply.scalars = 2, multiply.row_stride = 8, multiply.element_stride = 2;
  multiply.b = static_cast<std::uint16_t>(words - 14);
  REQUIRE_NOTHROW(validate(single(multiply), mini()));
  multiply.b = static_cast<std::uint16_t>(words - 12);
  REQUIRE_THROWS_WITH(validate(single(multiply), mini()), Contains("x = 24564 and 14 words"));
  multiply.b = 0, multiply.element_stride = 1;
  REQUIRE_THROWS_WITH(validate(single(multiply), mini()), Contains("row and step are even"));
  Program endless = single(store(0, 0, 1));
  endless.code.pop_back();
  REQUIRE_THROWS_WITH(validate(endless, mini()), Contains("must be HALT"));
  Program wide = single(store(0, 0, 1));
  wide.routes[2] = Route(5);
  REQUIRE_THROWS_WITH(validate(wide, mini()), Contains("5 switch positions; allowed 1 to 4"));
}

TEST_CASE("PEs that cannot go on say who waits for what, on which color") {
  ArraySetup setup(2, 1, mini().pe.sram_bytes);
  setup.program(1, 0) = single(store(5, 0, 2));
  setup.program(1, 0).routes[5] = {{Port::west, port_set(Port::ramp)}};
  setup.program(0, 0).routes[5] = {{Port::west, port_set(Port::east)}};
  setup.edges[static_cast<std::size_t>(setup.edge(Port::west, 0))].source = {{0, {42, 5, false}}};
  const ArrayRun run = run_array(mini(), setup);
  REQUIRE(!run.finished);
  REQUIRE_THAT(run.waiting,
               Contains("PE (1, 0): task 0 (thread 0) at instruction 0 (STORE32 at=0 n=2 in=5) waits for a wavelet"));
  REQUIRE(run.pes[1].memory[0] == 42);
}

TEST_CASE("a wavelet whose color has no route is an error that names the PE") {
  ArraySetup setup(1, 1, mini().pe.sram_bytes);
  setup.edges[static_cast<std::size_t>(setup.edge(Port::north, 0))].source = {{0, {1, 9, false}}};
  REQUIRE_THROWS_WITH(run_array(mini(), setup), Contains("PE (0, 0): router: color 9 has no route here"));
}
