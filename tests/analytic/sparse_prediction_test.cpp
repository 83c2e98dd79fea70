// Question: how far is the plan's length of a sparse launch, told from its share of zeros alone, from the simulated
// one?
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "hw/spec/kernel_table.h"
#include "hw/spec/machine_file.h"
#include "sw/compiler/prediction.h"
#include "tests/support/paths.h"
#include "tests/timing/matrix_launches.h"

using namespace weft;
using namespace weft::hw;
using namespace weft::test;

namespace {

MachineSpec mini() { return load_machine("mini", weft::test::source_path("hw/machines")); }

Cycle simulated(const MachineSpec& machine, const LaunchSize& size) {
  LaunchMemo memo;
  return time_launches(machine, size, {{0}}, &memo).front().times.end.since();
}

Cycle predicted(const MachineSpec& machine, const LaunchSize& size) {
  MatrixLayer layer{"fc", size.inputs, size.outputs, "", 0};
  layer.sparsity = size.sparsity;
  return sw::sparse_parts(machine, EdgeLayout(machine, {size.rectangle}), layer, size.kind, size.rectangle, size.tokens)
      .total();
}

/// For a longer look by hand, e.g. WEFT_SPARSE_LAUNCHES=1000.
int launches_wanted() {
  const char* asked = std::getenv("WEFT_SPARSE_LAUNCHES");
  return asked == nullptr ? 40 : std::atoi(asked);
}

}  // namespace

TEST_CASE("random sparse launches of every pass: predicted within 6 %, one in fifty within 10 %") {
  const MachineSpec machine = mini();
  std::mt19937 random(20);
  const auto any = [&](int low, int high) { return std::uniform_int_distribution(low, high)(random); };
  for (KernelKind kind : {KernelKind::matmul_forward, KernelKind::matmul_delta, KernelKind::matmul_gradient}) {
    const int launches = launches_wanted();
    double worst = 0, sum = 0;
    int beyond = 0;
    for (int launch = 0; launch < launches; ++launch) {
      const Rectangle rectangle{any(4, 32), any(4, 32)};
      int held = any(1, 25) * rectangle.height + any(0, rectangle.height - 1), rounds = any(60, 500);
      if (kind == KernelKind::matmul_delta) std::swap(held, rounds);
      const LaunchSize size{
          kind, held, rounds, rectangle.width * any(1, 16) + any(0, rectangle.width - 1), rectangle, any(2, 19) / 20.0};
      INFO(describe(size));
      const Cycle is = simulated(machine, size), said = predicted(machine, size);
      const double percent = 100.0 * static_cast<double>(is - said) / static_cast<double>(said);
      CHECK(std::fabs(percent) <= 10);
      beyond += std::fabs(percent) > 6 ? 1 : 0;
      worst = std::max(worst, std::fabs(percent));
      sum += percent;
    }
    std::fputs(fmt::format("{:<16} {} launches: mean {:+.2f} %, worst {:.2f} %, {} beyond 6 %\n", kernel_name(kind),
                           launches, sum / launches, worst, beyond)
                   .c_str(),
               stdout);
    CHECK(beyond <= 1 + launches / 50);
  }
}

// Every row keeps as many, so nothing is drawn: what rows do to each other is all that is left.
TEST_CASE("rows that keep all or nothing: the played rounds are the simulated ones") {
  const MachineSpec machine = mini();
  constexpr double none = 1 - 1e-9, all = 1e-9;
  constexpr int few = 160, many = 320, rows = 2, columns = 4;
  for (double zeros : {none, all})
    for (int tokens : {1, 8, 16})
      for (int weights : {1, 8, 20})
        for (KernelKind kind : {KernelKind::matmul_delta, KernelKind::matmul_gradient}) {
          const auto pace = [&](auto&& cycles) {
            const auto of = [&](int rounds) {
              LaunchSize size{kind, rows * weights - 1, rounds, tokens * columns, {columns, rows}, zeros};
              if (kind == KernelKind::matmul_delta) std::swap(size.inputs, size.outputs);
              return static_cast<double>(cycles(machine, size));
            };
            return (of(many) - of(few)) / (many - few);
          };
          INFO(kernel_name(kind) << ", " << weights << " weights a row, zeros " << zeros << ", " << tokens
                                 << " tokens");
          const double is = pace(simulated), said = pace(predicted);
          CHECK(std::fabs(is - said) <= 0.02 * is + 0.2);
        }
}

// 15 inputs and the bias over 4 rows, 64 tokens over 4 columns, 12 outputs: a round is 4 weights of a row at most, half
// of them kept, 16 tokens a PE.
TEST_CASE("the parts of a launch whose channels are never in the way, by hand: kept weights, and every round's sum") {
  const MachineSpec machine = mini();
  const Rectangle square{4, 4};
  MatrixLayer layer{"fc", 15, 12, "", 0};
  layer.sparsity = 0.5;
  const proto::LimiterCycles parts =
      sw::sparse_parts(machine, EdgeLayout(machine, {square}), layer, KernelKind::matmul_forward, square, 64);
  REQUIRE(machine.pe.lanes.fmac_mixed == 2);
  CHECK(parts.of(proto::Limiter::pe_arithmetic) == 12 * 4 / 2 * (16 / 2));
  const FabricTiming timing(machine);
  CHECK(parts.of(proto::Limiter::pe_sum) == 12 * (timing.issue + 16 + timing.scalar));
  CHECK(parts.of(proto::Limiter::edge_in) == 0);
  CHECK(parts.of(proto::Limiter::pe_issue) > 0);
}
