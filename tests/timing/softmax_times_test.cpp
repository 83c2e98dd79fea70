// Question: do the loss and attention's softmax end in the PE model's cycle, whatever queues, latencies and lanes are,
// and with their bits?
#include <catch2/catch.hpp>
#include <random>

#include "hw/kernels/column_times.h"
#include "hw/pe/array_model.h"
#include "hw/spec/machine_file.h"
#include "sw/crosscheck/cross_case.h"
#include "tests/support/paths.h"
#include "tlm/base/error.h"

using namespace weft;
using namespace weft::sw;

namespace {

hw::MachineSpec mini() { return hw::load_machine("mini", weft::test::source_path("hw/machines")); }

void check_equal(const hw::MachineSpec& machine, const CrossCase& c) {
  INFO(to_string(c));
  const PreparedCase prepared = prepare(machine, c);
  const hw::ArrayRun run = hw::run_array(machine, prepared.setup->array, {});
  INFO(run.waiting);
  REQUIRE(run.finished);
  CHECK(*prepared.recurrence == run.end);
  CHECK(prepared.setup->results(run) == prepared.launch.results);
}

}  // namespace

TEST_CASE("random machines and shapes: the PE model's cycle") {
  std::mt19937 random(8);
  const auto within = [&](int least, int most) {
    return least + static_cast<int>(random() % static_cast<unsigned>(most - least + 1));
  };
  const hw::KernelKind kinds[] = {hw::KernelKind::softmax_loss, hw::KernelKind::attention_softmax,
                                  hw::KernelKind::attention_softmax_backward};
  for (int number = 0; number < 600; ++number) {
    const hw::KernelKind kind = kinds[number % 3];
    hw::MachineSpec machine = mini();
    machine.router.hop_cycles = within(1, 3);
    machine.router.ramp_cycles = within(1, 4);
    machine.router.link_queue = within(2, 8);
    machine.router.input_queue = within(2, 8);
    machine.router.output_queue = within(2, 8);
    machine.pe.vector_issue_cycles = within(1, 3);
    machine.pe.vector_fill_cycles = within(1, 8);
    machine.pe.scalar_cycles = within(1, 4);
    machine.pe.task_dispatch_cycles = within(0, 9);
    machine.pe.lanes.add_fp32 = within(1, 4);
    machine.pe.lanes.fmac_fp32 = within(1, 4);
    machine.pe.lanes.integer = within(1, 8);
    const CrossCase c{kind,
                      1,
                      within(1, 30),
                      within(1, 60),
                      {within(1, 5), within(1, 24)},
                      Stalls::none,
                      static_cast<std::uint32_t>(random()),
                      0,
                      {hw::kernel_of(kind).by_key && number % 2 == 0, 0, 0}};
    INFO("hop " << machine.router.hop_cycles << " ramp " << machine.router.ramp_cycles << " queues "
                << machine.router.link_queue << ' ' << machine.router.input_queue << ' '
                << machine.router.output_queue);
    check_equal(machine, c);
  }
}

TEST_CASE("many tokens in a tall column, one token in a row: the PE model's cycle") {
  for (const hw::Rectangle& rectangle : {hw::Rectangle{1, 40}, hw::Rectangle{2, 7}, hw::Rectangle{30, 1}})
    for (const int tokens : {1, 30, 200})
      check_equal(mini(), {hw::KernelKind::softmax_loss, 1, 40, tokens, rectangle, Stalls::none, 5});
}

TEST_CASE("more logits than a vector instruction has elements are refused, at the gate they are not") {
  const auto times = [](int outputs, int tokens) {
    hw::LinePrograms programs(hw::KernelKind::softmax_loss, {}, {{1, 1}, outputs, tokens});
    return hw::column_times(mini(), programs);
  };
  REQUIRE_NOTHROW(times(255, 257));
  REQUIRE_THROWS_AS(times(256, 256), UsageError);
}

TEST_CASE("the books of a column: no cycle is booked twice, and what the maximum waits for is a partial sum") {
  const hw::MachineSpec machine = mini();
  hw::LinePrograms programs(hw::KernelKind::softmax_loss, {}, {{4, 10}, 10, 24});
  hw::ColumnTimes column = hw::column_times(machine, programs);
  hw::LaunchTimes& times = column.times;
  CHECK(times.mapped == 40);
  CHECK(times.of(proto::TimeClass::wait_partial_sum) > 0);
  CHECK(column.leaves > times.end);
  CHECK(column.leaves <= times.end + machine.router.ramp_cycles + machine.router.hop_cycles + 1);
  const LaunchCycle end = times.end;
  times.close(40);
  Cycle sum = 0;
  for (const std::int64_t cycles : times.classes) sum += cycles;
  CHECK(sum == 40 * end.since());
}
