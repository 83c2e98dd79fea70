// Question: does a plan's predicted step know what binds off the wafer?
#include "sw/compiler/step_bounds.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "hw/spec/machine_file.h"
#include "tests/support/layer_chain.h"
#include "tests/support/paths.h"

using namespace weft;

namespace {

const std::vector<hw::MatrixLayer> layers = {{"fc1", 784, 250, "ReLU", 0}, {"fc2", 250, 10, "", 0}};

sw::Plan plan_on(const hw::MachineSpec& machine, int batch = 256, int systems = 1) {
  sw::Plan plan = sw::make_plan(weft::test::layer_chain(layers), machine, batch, systems);
  sw::bound_step(plan, layers, machine, {{}, systems});
  return plan;
}

/// Of what works all through a step; the walk, in which they wait for each other, is longer.
Cycle longest(const sw::Plan& plan) {
  Cycle most = 0;
  for (const sw::StepBound& bound : plan.bounds) most = std::max(most, bound.cycles);
  CHECK(plan.predicted_step >= most);
  CHECK(plan.walk >= most - most / 10'000);  // which rounds
  return most;
}

hw::MachineSpec wse2() { return hw::load_machine("wse2", weft::test::source_path("hw/machines")); }

}  // namespace

TEST_CASE("samples, links, readers and updates: each binds when it is slow, to the cycle") {
  hw::MachineSpec machine = wse2();
  CHECK(longest(plan_on(machine)) == 108800);  // 256 samples at 2 M/s, 850 MHz
  machine.input.workers_per_system = 100;
  machine.input.link_gbps = 1000;
  CHECK(longest(plan_on(machine)) == plan_on(machine).bounds.front().cycles);
  machine.input.link_gbps = 10;
  CHECK(longest(plan_on(machine)) == 273654);  // 256 x (2 x 784 + 4) bytes
  machine.input.link_gbps = 100;
  machine.memoryx.update_params_per_s = 1e6;
  // Server 0 of 12 has chunks 0 and 12 of fc1, of 20 and 10 rounds of 785 parameters, and fc2's 2,510.
  CHECK(longest(plan_on(machine)) == 26'060 * 850);
  machine.memoryx.update_params_per_s = 2e9;
  machine.memoryx.dram.capacity_bytes = 0;
  machine.memoryx.flash.gigabytes_per_s = 0.01;
  CHECK(longest(plan_on(machine)) == 26'060 * 2 * 4 * 85);  // each is written and read, 4 bytes
}

TEST_CASE("gradients of 16 bits take half of the way up, and no less of anything else") {
  hw::MachineSpec machine = wse2();
  machine.memoryx.chunk_bytes = 4000;
  sw::PlanWishes wishes;
  const auto bounds = [&] {
    sw::Plan plan = sw::make_plan(weft::test::layer_chain(layers), machine, 256, 1, sw::RetainOutput::no, wishes);
    sw::bound_step(plan, layers, machine, {});
    return plan.bounds;
  };
  const std::vector<sw::StepBound> wide = bounds();
  wishes.gradient_wire = hw::GradientWire(HalfFormat::fp16);
  const std::vector<sw::StepBound> half = bounds();
  // fc1 has 250 chunks of a round of 785, the busiest of 12 links 21 of them, and fc2's first 3 rounds of 251.
  const double words = 21 * 785 + 3 * 251;
  CHECK(wide.back().cycles == static_cast<Cycle>(std::ceil(words * 4 * 8 / 100 * 0.85)));
  CHECK(half.back().cycles == static_cast<Cycle>(std::ceil(words * 2 * 8 / 100 * 0.85)));
  for (std::size_t bound = 1; bound + 1 < wide.size(); ++bound) CHECK(half[bound].cycles == wide[bound].cycles);
}

TEST_CASE("the bounds are a system's: twice the systems halve its samples, not its weights") {
  const sw::Plan one = plan_on(wse2()), two = plan_on(wse2(), 256, 2);
  CHECK(two.bounds[1].cycles == one.bounds[1].cycles / 2);
  CHECK(two.bounds[3].cycles == one.bounds[3].cycles);
}
