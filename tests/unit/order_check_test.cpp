// Question: are the stream orders that end in a circle of waiting told from those that do not, at the very wavelet?
#include <catch2/catch.hpp>
#include <random>

#include "hw/spec/machine_file.h"
#include "sw/compiler/order_check.h"
#include "sw/compiler/planner.h"
#include "tests/support/layer_chain.h"
#include "tests/support/paths.h"
#include "tlm/base/error.h"

using namespace weft;
using namespace weft::sw;

namespace {

hw::MachineSpec mini() { return hw::load_machine("mini", weft::test::source_path("hw/machines")); }

hw::LaunchMap forward(int inputs, int outputs, int height) {
  return hw::LaunchMap(hw::KernelKind::matmul_forward, {"fc1", inputs, outputs, "", 0}, {4, height}, 4);
}

/// Queues of `wavelets` in all between a channel and a core.
hw::MachineSpec with_room(int wavelets) {
  hw::MachineSpec machine = mini();
  machine.router.link_queue = 1;
  machine.router.input_queue = wavelets - 1;
  return machine;
}

std::string deadlock(const hw::MachineSpec& machine, const hw::LaunchMap& map, const hw::StreamOrder& order) {
  return deadlock_of(machine, hw::EdgeLayout(machine, {{4, map.height}}), map, order);
}

}  // namespace

TEST_CASE("by round is free of deadlock for any shape, with the shallowest queues") {
  std::mt19937 random(5);
  const auto any = [&random](int low, int high) { return std::uniform_int_distribution(low, high)(random); };
  for (int trial = 0; trial < 200; ++trial) {
    const hw::LaunchMap map = forward(any(1, 90), any(1, 60), any(1, 40));
    CHECK(deadlock(with_room(2), map, {}).empty());
  }
}

TEST_CASE("input-major in the forward pass deadlocks at any depth of the queues") {
  for (int room : {2, 10, 100, 100'000}) {
    const std::string circle = deadlock(with_room(room), forward(20, 6, 4), {true, 1});
    CHECK_THAT(circle, Catch::Contains("row 0 waits for the rest of round 0") && Catch::Contains("color 3") &&
                           Catch::Contains("round 1"));
  }
}

TEST_CASE("blocks of outputs deadlock when what a row cannot take yet does not fit its queues: at N - 1, not at N") {
  for (int block : {2, 3, 5})
    for (int per_row : {1, 3}) {
      // The last row also holds the bias; the others hold `per_row` inputs and are closed by one wavelet a round.
      const hw::LaunchMap map = forward(4 * per_row, 20, 4);
      const int enough = (block - 1) * (per_row + 1);
      INFO("blocks of " << block << ", " << per_row << " inputs a row, queues of " << enough << " wavelets");
      CHECK(deadlock(with_room(enough), map, {false, block}).empty());
      if (enough > 2)
        CHECK_THAT(deadlock(with_room(enough - 1), map, {false, block}),
                   Catch::Contains("row 0 waits for the partial sum of round 0") && Catch::Contains("row 1"));
    }
}

TEST_CASE("a channel of one row may send any blocks, one input a row makes by element a block of all rounds") {
  hw::MachineSpec machine = with_room(2);
  machine.io.rows_per_channel = 1;
  CHECK(deadlock(machine, forward(12, 20, 4), {false, 20}).empty());
  const hw::LaunchMap delta(hw::KernelKind::matmul_delta, {"fc1", 6, 4, "", 0}, {4, 4}, 4);
  CHECK(deadlock(with_room(10), delta, {true, 1}).empty());
  CHECK_FALSE(deadlock(with_room(9), delta, {true, 1}).empty());
}

TEST_CASE("the planner refuses an order that can deadlock and names the launch") {
  const std::vector<hw::MatrixLayer> layers{{"fc1", 64, 40, "ReLU", 0}, {"fc2", 40, 10, "", 0}};
  const auto plan = [&](hw::StreamOrder order) {
    PlanWishes wishes;
    wishes.stream_order = order;
    return make_plan(weft::test::layer_chain(layers), mini(), 64, 1, RetainOutput::no, wishes);
  };
  CHECK(plan({}).order == hw::StreamOrder{});
  CHECK_THROWS_WITH(plan({true, 1}), Catch::Contains("matmul_forward of fc1") && Catch::Contains("by element"));
  CHECK_THROWS_AS(plan({false, 40}), UsageError);
}
