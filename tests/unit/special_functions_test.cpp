// Question: are exponential, reciprocal and logarithm as accurate as their contracts say, and do the instructions give
// their bits?
#include "hw/pe/special_functions.h"

#include <catch2/catch.hpp>
#include <limits>
#include <random>

#include "hw/fabric/local_thread.h"
#include "hw/pe/array_model.h"
#include "hw/pe/special_sequences.h"
#include "sw/kernels/program_builder.h"
#include "tests/support/mini_machine.h"

using namespace weft;
using namespace weft::hw;
using test::mini;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

using Sequence = void (*)(VectorCode&, int, int, int, int);

/// One PE runs the sequence over `values`. Its three vectors begin in other banks, so that their reads do not clash;
/// results from word 4 x values + 2 on.
ArrayRun run_of(Sequence append, const std::vector<float>& values) {
  const MachineSpec& machine = mini();
  const auto n = static_cast<int>(values.size());
  const int x = 0, scratch = 2 * n + 2, result = scratch + 2 * n, constants = result + 2 * n;
  VectorCode code(constants, HalfFormat::fp16);
  append(code, x, scratch, result, n);
  code.halt();
  ArraySetup setup(1, 1, machine.pe.sram_bytes);
  sw::ProgramBuilder builder(setup.program(0, 0));
  builder.begin_thread(0);
  for (const Instruction& instruction : code.code()) builder.add(instruction);
  Sram& memory = setup.memory(0, 0);
  for (int k = 0; k < n; ++k) memory.write32(x + 2 * k, result_bits(values[static_cast<std::size_t>(k)]));
  for (std::size_t at = 0; at < code.constants().size(); ++at)
    memory.write32(constants + 2 * static_cast<int>(at), code.constants()[at].bits);
  return run_array(machine, setup);
}

std::vector<std::uint32_t> by_instructions(Sequence append, const std::vector<float>& values) {
  const ArrayRun run = run_of(append, values);
  const auto n = static_cast<int>(values.size()), result = 4 * n + 2;
  std::vector<std::uint32_t> bits;
  for (int k = 0; k < n; ++k) {
    const auto at = static_cast<std::size_t>(result + 2 * k);
    bits.push_back(run.pes[0].memory[at] | static_cast<std::uint32_t>(run.pes[0].memory[at + 1]) << 16);
  }
  return bits;
}

}  // namespace

TEST_CASE("exponential: within 1e-6 from -87 to 80, one at 0, e^-87 below, NaN of NaN") {
  double worst = 0;
  for (int number = 0; number <= 1'000'000; ++number) {
    const float x = 80.0F - 167.0F * static_cast<float>(number) / 1'000'000;
    worst = std::max(worst, std::abs(machine_exp(x) / std::exp(static_cast<double>(x)) - 1));
  }
  INFO("worst relative error " << worst);
  CHECK(worst < 1e-6);
  CHECK(machine_exp(0.0F) == 1.0F);
  CHECK(machine_exp(-88.0F) == machine_exp(-87.0F));
  CHECK(machine_exp(-infinity) == machine_exp(-87.0F));
  CHECK(machine_exp(-87.0F) < 1.7e-38F);
  CHECK(std::isnan(machine_exp(std::numeric_limits<float>::quiet_NaN())));
}

TEST_CASE("reciprocal: within 3e-7 from 1e-36 to 1e36, logarithm: within 1e-6 from 1 to 1e6") {
  std::mt19937 random(3);
  double worst = 0, worst_log = 0;
  for (int number = 0; number < 1'000'000; ++number) {
    const double unit = random() / 4294967296.0;
    const auto wide = static_cast<float>(std::pow(10.0, 72 * unit - 36));
    worst = std::max(worst, std::abs(static_cast<double>(machine_reciprocal(wide)) * wide - 1));
    const auto sum = static_cast<float>(std::pow(10.0, 6 * unit));
    worst_log = std::max(worst_log, std::abs(machine_log(sum) - std::log(static_cast<double>(sum))));
  }
  INFO("worst errors " << worst << " and " << worst_log);
  CHECK(worst < 3e-7);
  CHECK(worst_log < 1e-6);
  CHECK(machine_log(1.0F) == 0.0F);
  CHECK(std::isnan(machine_reciprocal(std::numeric_limits<float>::quiet_NaN())));
}

TEST_CASE("reciprocal root: within 3e-7 from 1e-36 to 3e38, where it is worst") {
  double worst = 0;
  // Every third mantissa of two exponents, then all exponents.
  for (std::uint32_t bits = 0x3f800000; bits < 0x40800000; bits += 3) {
    const double x = float_of(bits);
    worst = std::max(worst, std::abs(machine_reciprocal_root(float_of(bits)) * std::sqrt(x) - 1));
  }
  std::mt19937 random(9);
  for (int number = 0; number < 500'000; ++number) {
    const auto x = static_cast<float>(std::pow(10.0, 74.5 * (random() / 4294967296.0) - 36));
    worst = std::max(worst, std::abs(machine_reciprocal_root(x) * std::sqrt(static_cast<double>(x)) - 1));
  }
  INFO("worst relative error " << worst);
  CHECK(worst < 3e-7);
  CHECK(std::isnan(machine_reciprocal_root(std::numeric_limits<float>::quiet_NaN())));
  CHECK_FALSE(std::isfinite(machine_reciprocal_root(infinity)));
}

TEST_CASE("the instructions give the functions' bits, of NaNs and infinities too") {
  std::mt19937 random(4);
  std::vector<float> below = {0.0F, -0.0F, -1e-30F, -87.0F, -87.5F, -1e30F, -infinity, std::nanf("")};
  std::vector<float> sums = {1.0F, 2.0F, 0.70710678F, 1.41421356F, 1.4142137F, 1e6F, 3.0F, std::nanf("")};
  while (below.size() < 500) {
    below.push_back(-static_cast<float>(random() % 90'000'000) / 1e6F);
    sums.push_back(1.0F + static_cast<float>(random() % 100'000'000) / 1e4F);
  }
  const auto same = [](void (*append)(VectorCode&, int, int, int, int), float (*function)(float),
                       const std::vector<float>& values) {
    const std::vector<std::uint32_t> bits = by_instructions(append, values);
    for (std::size_t at = 0; at < values.size(); ++at) {
      INFO(values[at]);
      CHECK(bits[at] == result_bits(function(values[at])));
    }
  };
  same(append_exponentials, machine_exp, below);
  same(append_reciprocals, machine_reciprocal, sums);
  same(append_logarithms, machine_log, sums);
  sums.push_back(infinity);
  same(append_reciprocal_roots, machine_reciprocal_root, sums);
}

TEST_CASE("a loop within a loop: the time of a thread without neighbours is that of a PE") {
  const auto nested = [](VectorCode& code, int x, int scratch, int, int n) {
    code.fill(scratch, n, 1.0F);
    code.combine(Opcode::add32, x, scratch, n);
    for (const int counter : {1, 2}) {
      Instruction again;
      again.opcode = Opcode::loop;
      again.count = 3;
      again.target = static_cast<std::uint16_t>(counter - 1);
      again.counter = static_cast<std::uint8_t>(counter);
      code.add(again);
    }
  };
  VectorCode code(0, HalfFormat::fp16);
  nested(code, 0, 24, 0, 11);
  code.halt();
  LocalThread thread(mini().pe);
  CHECK(thread.run(code.code(), 0) == code.code().size() - 1);
  CHECK(thread.end().since() == run_of(nested, std::vector<float>(11)).pes.front().end.front());
}

TEST_CASE("an exponential's cycles are those of a PE that computes 1,024 of them") {
  constexpr int values = 1024;
  const ArrayRun run = run_of(append_exponentials, std::vector<float>(values, 0.5F));
  const Cycle cycles = run.pes.front().end.front() - mini().pe.task_dispatch_cycles;
  CHECK(exponential_cycles(mini().pe) * values == static_cast<double>(cycles));
}
