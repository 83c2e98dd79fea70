// Question: do windowed instructions run over the elements of their window alone, in each pass another one, and is that
// asked for only where it has a meaning?
#include <catch2/catch.hpp>

#include <cstring>

#include "hw/pe/array_model.h"
#include "hw/pe/instruction_text.h"
#include "sw/kernels/assembler.h"
#include "tests/support/mini_machine.h"
#include "tlm/base/error.h"

using namespace weft;
using namespace weft::hw;
using test::mini;

namespace {

constexpr std::uint16_t halves[] = {0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600};  // 1 to 6

/// Of one PE: halves 1 to 6 at word 0, halves 2, 3, 4 at 40, windows at 50; color 1 leaves at the east edge, color 2
/// comes from the west one.
ArraySetup single(const char* code, const std::vector<std::pair<int, int>>& windows) {
  ArraySetup setup(1, 1, mini().pe.sram_bytes);
  setup.program(0, 0) = sw::assemble(code, "code");
  setup.program(0, 0).routes = {{1, {{Port::ramp, port_set(Port::east)}}}, {2, {{Port::west, port_set(Port::ramp)}}}};
  Sram& memory = setup.memory(0, 0);
  for (int at = 0; at < 6; ++at) memory.write16(at, halves[at]);
  for (int at = 0; at < 3; ++at) memory.write16(40 + at, halves[at + 1]);
  int at = 50;
  for (const auto& [first, count] : windows) {
    memory.write16(at++, static_cast<std::uint16_t>(first));
    memory.write16(at++, static_cast<std::uint16_t>(count));
  }
  return setup;
}

std::vector<float> floats(const Sram& memory, int at, int count) {
  std::vector<float> values;
  for (int number = 0; number < count; ++number) {
    const std::uint32_t bits = memory.read32(at + 2 * number);
    float value = 0;
    std::memcpy(&value, &bits, sizeof value);
    values.push_back(value);
  }
  return values;
}

}  // namespace

TEST_CASE("each pass multiplies the tokens of its window, and windows are stored one behind the other: by hand") {
  const ArraySetup setup = single(
      "task 0 thread=0 launch\n"
      "WINDOW at=50\n"
      "AXPYM acc=100 x=0 n=6 row=0 step=1 scalars=40 m=1 windowed\n"
      "DRAIN acc=100 n=6 to=200 windowed\n"
      "LOOP count=3 target=0 counter=0\n"
      "HALT\n",
      {{1, 2}, {6, 0}, {3, 3}});
  const ArrayRun run = run_array(mini(), setup);
  REQUIRE(run.finished);
  const Sram& memory = run.pes[0].memory;
  CHECK(floats(memory, 200, 6) == std::vector<float>{2 * 2, 2 * 3, 4 * 4, 4 * 5, 4 * 6, 0});
  CHECK(floats(memory, 100, 6) == std::vector<float>(6, 0.0F));
}

TEST_CASE("a window's scalars are sent with their own indices, of none the control wavelet alone: by hand") {
  const ArraySetup setup = single(
      "task 0 thread=0 launch\n"
      "WINDOW at=50\n"
      "AXPYM acc=100 x=0 n=0 row=0 step=1 scalars=0 m=6 out=1 advance=0 windowed_scalars\n"
      "LOOP count=2 target=0 counter=1\n"
      "HALT\n",
      {{2, 3}, {0, 0}});
  const ArrayRun run = run_array(mini(), setup);
  REQUIRE(run.finished);
  std::vector<Wavelet> sent;
  for (const TimedWavelet& timed : run.edges[static_cast<std::size_t>(setup.edge(Port::east, 0))].left)
    sent.push_back(timed.wavelet);
  CHECK(sent == std::vector<Wavelet>{scalar_wavelet(1, 2, halves[2]), scalar_wavelet(1, 3, halves[3]),
                                     scalar_wavelet(1, 4, halves[4]), control_wavelet(1), control_wavelet(1)});
}

TEST_CASE("a vector that comes for a window stands at its place in the whole one: by hand") {
  ArraySetup setup = single(
      "task 0 thread=0 launch\n"
      "WINDOW at=50\n"
      "LIST16 at=300 n=6 in=2 windowed\n"
      "OUTERM acc=100 x=300 n=6 row=0 step=1 scalars=40 m=2 windowed\n"
      "HALT\n",
      {{2, 2}});
  auto& source = setup.edges[static_cast<std::size_t>(setup.edge(Port::west, 0))].source;
  source = {{0, scalar_wavelet(2, 0, halves[4])}, {0, scalar_wavelet(2, 1, halves[0])}, {0, control_wavelet(2)}};
  const ArrayRun run = run_array(mini(), setup);
  REQUIRE(run.finished);
  CHECK(run.pes[0].memory[302] == halves[4]);
  // [elements][2 scalars]: elements 2 and 3 of 6.
  CHECK(floats(run.pes[0].memory, 100, 12) == std::vector<float>{0, 0, 0, 0, 5 * 2, 5 * 3, 1 * 2, 1 * 3, 0, 0, 0, 0});
}

TEST_CASE("windows that stand one behind the other are laid out at their places, and filled with one word: by hand") {
  ArraySetup setup = single(
      "task 0 thread=0 launch\n"
      "WINDOW at=50\n"
      "MOVE32 a=100 b=200 n=6 step=2 windowed\n"
      "LOOP count=3 target=0 counter=0\n"
      "WINDOW at=50\n"
      "MOVE32 a=100 b=300 n=6 step=0 windowed\n"
      "HALT\n",
      {{1, 2}, {6, 0}, {3, 3}, {0, 1}});
  Sram& memory = setup.memory(0, 0);
  const auto bits = [](float value) {
    std::uint32_t word = 0;
    std::memcpy(&word, &value, sizeof word);
    return word;
  };
  for (int at = 0; at < 6; ++at) memory.write32(200 + 2 * at, bits(static_cast<float>(10 + at)));
  memory.write32(300, bits(7));
  const ArrayRun run = run_array(mini(), setup);
  REQUIRE(run.finished);
  CHECK(floats(run.pes[0].memory, 100, 7) == std::vector<float>{7, 10, 11, 12, 13, 14, 0});
  CHECK(floats(run.pes[0].memory, 200, 6) == std::vector<float>{10, 11, 12, 13, 14, 15});
}

TEST_CASE("a window is for instructions that can run over one, beside no list, and its scalars are closed") {
  const auto accepted = [](const std::string& line) {
    Program program = sw::assemble("task 0 thread=0 launch\nCALL\nHALT\n", "code");
    program.code[0] = sw::assemble_line(line);
    try {
      validate(program, mini());
    } catch (const UsageError&) {
      return false;
    }
    return true;
  };
  CHECK(accepted("AXPY acc=0 x=0 n=1 row=1 step=1 in=2 windowed"));
  CHECK_FALSE(accepted("AXPY acc=0 x=0 n=1 row=1 step=1 in=2 windowed listed"));
  CHECK(accepted("AXPYM acc=0 x=0 n=1 row=1 step=1 scalars=0 m=1 out=1 advance=0 windowed_scalars"));
  CHECK_FALSE(accepted("AXPYM acc=0 x=0 n=1 row=1 step=1 scalars=0 m=1 out=1 windowed_scalars"));
  CHECK(accepted("WINDOW at=50"));
  CHECK_FALSE(accepted("WINDOW at=51"));
  for (int number = 1; number < opcode_count; ++number) {
    Instruction i;
    i.opcode = static_cast<Opcode>(number);
    i.windowed = true;
    Program program = sw::assemble("task 0 thread=0 launch\nHALT\n", "code");
    program.code.insert(program.code.begin(), i);
    INFO(text_of(i.opcode).name);
    if (!text_of(i.opcode).windows) CHECK_THROWS_AS(validate(program, mini()), UsageError);
  }
}
