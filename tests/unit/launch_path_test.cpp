// Question: does the path inside a launch add up to the launch's length, and does it name what a hand calculation
// names?
#include "sw/kernels/launch_path.h"

#include <catch2/catch.hpp>

#include "hw/pe/array_model.h"
#include "hw/spec/machine_file.h"
#include "sw/crosscheck/cross_case.h"
#include "tests/support/paths.h"

using namespace weft;
using namespace weft::sw;
using proto::Limiter;

namespace {

struct Followed {
  Cycle end = 0;
  proto::LaunchExplanation told;

  Cycle of(Limiter limiter) const {
    Cycle sum = 0;
    for (const auto& part : told.parts) sum += part.limiter == limiter ? part.cycles : 0;
    return sum;
  }
};

hw::MachineSpec mini() { return hw::load_machine("mini", weft::test::source_path("hw/machines")); }

Followed follow(const hw::MachineSpec& machine, const CrossCase& c) {
  const PreparedCase prepared = prepare(machine, c);
  LaunchPath path(machine, prepared.setup->array, c.kind);
  hw::ArrayOptions options;
  options.observer = &path;
  Followed followed;
  followed.end = hw::run_array(machine, prepared.setup->array, options).end;
  followed.told.parts = path.parts(0, 0);
  return followed;
}

}  // namespace

TEST_CASE("random launches of every kernel: each event has a cause and the path adds up to the launch") {
  const hw::MachineSpec machine = mini();
  constexpr int cases = 600, largest = 6;
  for (int index = 0; index < cases; ++index) {
    const CrossCase c = sweep_case(16, index, largest, program_kernels(), index % 3 == 0 ? 40 : 0);
    INFO(to_string(c));
    const Followed followed = follow(machine, c);
    REQUIRE(followed.told.total() == followed.end);
    for (const auto& part : followed.told.parts) REQUIRE(part.cycles > 0);
  }
}

// One PE, 8 tokens, one input and the bias: a round's two AXPYs have 4 element cycles each, its sum an issue and 8
// elements.
TEST_CASE("a launch on one PE is held up by its instructions") {
  constexpr int outputs = 20;
  const Followed followed = follow(mini(), {hw::KernelKind::matmul_forward, 1, outputs, 8, {1, 1}, Stalls::none, 1});
  CHECK(followed.of(Limiter::pe_arithmetic) == outputs * 2 * 4);
  CHECK(followed.of(Limiter::pe_sum) == outputs * 9);
  CHECK(followed.of(Limiter::queues) == 0);
  CHECK(followed.of(Limiter::edge_in) + followed.of(Limiter::fabric_link) < 10);
  CHECK(followed.told.parts.front().place == "PE (0, 0)");
}

// Four inputs on two rows, and the bias in the last: three AXPYs a round there, two above.
TEST_CASE("the row with the most features is named") {
  const Followed followed = follow(mini(), {hw::KernelKind::matmul_forward, 4, 40, 16, {1, 2}, Stalls::none, 1});
  CHECK(followed.told.parts.front().limiter == Limiter::pe_arithmetic);
  CHECK(followed.told.parts.front().place == "PE (0, 1)");
  CHECK(followed.told.parts.front().cycles >= 39 * 3 * 8);
}

TEST_CASE("words that come late are named") {
  const CrossCase in_time{hw::KernelKind::matmul_forward, 4, 12, 4, {2, 2}, Stalls::none, 7};
  CrossCase late = in_time;
  late.stalls = Stalls::rounds;
  const hw::MachineSpec machine = mini();
  const Followed before = follow(machine, in_time), after = follow(machine, late);
  REQUIRE(after.end > before.end);
  CHECK(after.of(Limiter::edge_in) - before.of(Limiter::edge_in) > 0);
  CHECK(after.told.parts.front().limiter == Limiter::edge_in);
}

TEST_CASE("a hop that takes longer holds up by its links") {
  hw::MachineSpec machine = mini();
  const CrossCase c{hw::KernelKind::matmul_forward, 12, 12, 12, {6, 6}, Stalls::none, 7};
  const Followed before = follow(machine, c);
  machine.router.hop_cycles = 4;
  const Followed after = follow(machine, c);
  const Cycle longer = after.end - before.end;
  REQUIRE(longer > 0);
  CHECK(after.of(Limiter::fabric_link) + after.of(Limiter::queues) - before.of(Limiter::fabric_link) -
            before.of(Limiter::queues) >=
        longer / 2);
}
