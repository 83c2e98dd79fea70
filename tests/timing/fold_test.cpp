// Question: are columns that are added as copies of a neighbour what they would have been, to the last digit, and is a
// launch in which they stop being copies found out and simulated? Is a launch that is added whole, because an equal one
// was simulated, what it would have been?
#include <map>
#include <random>
#include <set>

#include "hw/spec/machine_file.h"
#include "tests/support/paths.h"
#include "tests/timing/matrix_launches.h"

using namespace weft;
using namespace weft::hw;
using namespace weft::test;

namespace {

/// A launch in so many chunks; see LateWords.
LaunchOutcome run(const MachineSpec& machine, const LaunchSize& size, const std::vector<Cycle>& late,
                  LaunchMemo* memo) {
  return time_launches(machine, size, {late}, memo).front();
}

/// Returns the part of the rounds of PEs that was simulated.
double compare(const MachineSpec& machine, const LaunchSize& shape, const std::vector<Cycle>& late,
               std::map<std::string, int>& seen) {
  LaunchMemo memo;
  const LaunchOutcome all = run(machine, shape, late, nullptr), some = run(machine, shape, late, &memo);
  INFO(describe(shape) << "; simulated " << some.how);
  check_equal(some, all);
  CHECK(all.pe_rounds == all.times.mapped * (shape.kind == KernelKind::matmul_delta ? shape.inputs : shape.outputs));
  ++seen[some.how];
  return static_cast<double>(some.pe_rounds) / static_cast<double>(all.pe_rounds);
}

}  // namespace

TEST_CASE("random launches: with and without copies the same marks, ends and books") {
  MachineSpec machine = load_machine("mini", weft::test::source_path("hw/machines"));
  std::mt19937 random(3);
  const auto any = [&random](int low, int high) { return std::uniform_int_distribution(low, high)(random); };
  const KernelKind kinds[] = {KernelKind::matmul_forward, KernelKind::matmul_delta, KernelKind::matmul_gradient};
  std::map<std::string, int> seen;
  for (int trial = 0; trial < 150; ++trial) {
    machine.router.link_queue = any(2, 8);
    machine.router.input_queue = any(2, 8);
    machine.router.output_queue = any(2, 8);
    machine.pe.task_dispatch_cycles = any(1, 9);
    const Rectangle rectangle{any(2, 40), any(1, 24)};
    const int inputs = any(1, 120), outputs = any(6, 60);
    const int most_tokens = (trial % 6 < 3 ? 8 : 50) * rectangle.width;
    const LaunchSize shape{kinds[trial % 3], inputs, outputs, any(rectangle.width, most_tokens), rectangle};
    std::vector<Cycle> late;
    for (int chunk = any(1, 6); chunk > 0; --chunk) late.push_back(any(0, 2) == 0 ? any(0, 3000) : 0);
    compare(machine, shape, late, seen);
  }
  CHECK(seen["some columns: one of each kind"] > 60);
}

TEST_CASE("random sparse launches: with and without copies the same marks, ends and books") {
  MachineSpec machine = load_machine("mini", weft::test::source_path("hw/machines"));
  std::mt19937 random(5);
  const auto any = [&random](int low, int high) { return std::uniform_int_distribution(low, high)(random); };
  const KernelKind kinds[] = {KernelKind::matmul_forward, KernelKind::matmul_delta, KernelKind::matmul_gradient};
  std::map<std::string, int> seen, gradients;
  for (int trial = 0; trial < 90; ++trial) {
    machine.router.link_queue = any(2, 8);
    machine.router.input_queue = any(2, 8);
    machine.router.output_queue = any(2, 8);
    const Rectangle rectangle{any(8, 60), any(1, 24)};
    const double sparsity = any(1, 19) / 20.0;
    const LaunchSize shape{kinds[trial % 3], any(1, 120), any(6, 120), any(rectangle.width, 8 * rectangle.width),
                           rectangle,        sparsity};
    std::vector<Cycle> late;
    for (int chunk = any(1, 6); chunk > 0; --chunk) late.push_back(any(0, 2) == 0 ? any(0, 3000) : 0);
    compare(machine, shape, late, trial % 3 == 2 ? gradients : seen);
  }
  for (const auto& [how, times] : gradients) UNSCOPED_INFO(how << ": " << times);
  CHECK(seen["some columns: one of each kind"] > 30);
  CHECK(gradients["some columns: one of each kind"] > 3);
}

TEST_CASE("random sparse gradients with short queues or long lists") {
  MachineSpec machine = load_machine("mini", weft::test::source_path("hw/machines"));
  std::mt19937 random(11);
  const auto any = [&random](int low, int high) { return std::uniform_int_distribution(low, high)(random); };
  std::map<std::string, int> seen;
  double simulated = 0;
  for (int trial = 0; trial < 200; ++trial) {
    machine.router.link_queue = any(2, trial % 2 == 0 ? 3 : 8);
    machine.router.input_queue = any(2, 8);
    machine.router.output_queue = any(2, 8);
    const Rectangle rectangle{any(8, 60), any(1, 12)};
    const LaunchSize shape{KernelKind::matmul_gradient,
                           any(1, 12 * rectangle.height),
                           any(20, 120),
                           any(1, 6) * rectangle.width,
                           rectangle,
                           any(1, 19) / 20.0};
    std::vector<Cycle> late;
    for (int chunk = any(1, 12); chunk > 0; --chunk) late.push_back(any(0, 2) == 0 ? any(0, 300) : 0);
    simulated += compare(machine, shape, late, seen);
  }
  // More if less is known of what waits for lists. Three quarters, since a list gives way to deltas and sums of its own
  // round: it comes to copies sooner than their round does, and does not meet the same of these there.
  CHECK(simulated < 150);
}

TEST_CASE("a sparse gradient whose lists come in time: most columns are copies soon") {
  const MachineSpec machine = load_machine("wse2", weft::test::source_path("hw/machines"));
  const LaunchSize shape{KernelKind::matmul_gradient, 40, 120, 2400, {300, 20}, 0.8};
  LaunchMemo memo;
  const LaunchOutcome some = run(machine, shape, {0}, &memo), all = run(machine, shape, {0}, nullptr);
  CHECK(some.times.classes == all.times.classes);
  INFO(some.pe_rounds << " of " << all.pe_rounds);
  CHECK(some.pe_rounds * 4 < all.pe_rounds);
}

TEST_CASE(
    "an edge that cannot take the sums pushes back through the chain: columns stop being copies, and it is seen") {
  MachineSpec machine = load_machine("mini", weft::test::source_path("hw/machines"));
  machine.io.rows_per_channel = 15;
  std::map<std::string, int> seen;
  for (int words : {6, 18, 60, 200}) {
    machine.io.row_buffer_bytes = 4 * words;
    for (int inputs : {60, 90})
      for (int height : {1, 2, 5, 15, 30})
        compare(machine, {KernelKind::matmul_gradient, inputs, 150, 64, {20, height}}, {0, 0, 0}, seen);
  }
  for (const auto& [how, times] : seen) UNSCOPED_INFO(how << ": " << times);
  CHECK(seen["all: room downstream ran out, so columns did not stay copies"] > 0);
}

TEST_CASE("an edge that is a little too slow: what waits grows from the east, and only that is simulated") {
  MachineSpec machine = load_machine("wse2", weft::test::source_path("hw/machines"));
  machine.io.row_buffer_bytes = 1024;
  std::map<std::string, int> seen;
  CHECK(compare(machine, {KernelKind::matmul_gradient, 415, 1200, 23 * 200, {200, 32}}, {0, 0, 0}, seen) < 0.15);
}

TEST_CASE("a gradient of few inputs: PEs that only send deltas keep no column from being a copy") {
  const MachineSpec machine = load_machine("wse2", weft::test::source_path("hw/machines"));
  std::map<std::string, int> seen;
  for (const int inputs : {1, 16, 120})
    CHECK(compare(machine, {KernelKind::matmul_gradient, inputs, 400, 3000, {100, 160}}, {0, 0}, seen) < 0.1);
}

TEST_CASE("a gradient of few inputs at a slow edge: what PEs wait to send is booked once, wherever copies end") {
  MachineSpec machine = load_machine("wse2", weft::test::source_path("hw/machines"));
  std::map<std::string, int> seen;
  for (const int words : {16, 64})
    for (const int inputs : {15, 31})
      for (const int tokens : {1, 2, 3}) {
        machine.io.row_buffer_bytes = 4 * words;
        compare(machine, {KernelKind::matmul_gradient, inputs, 600, tokens * 100, {100, 64}}, {0, 0, 0}, seen);
      }
}

// The owner's row and the fullest one keep lines at the foot at another distance; one more of them from time to time.
TEST_CASE("a gradient whose first columns are no copies for long: all are simulated until copies are found again") {
  const MachineSpec machine = load_machine("wse2", weft::test::source_path("hw/machines"));
  const LaunchSize shape{KernelKind::matmul_gradient, 5120, 250, 3000, {100, 160}};
  std::map<std::string, int> seen;
  compare(machine, shape, {0, 0}, seen);
  CHECK(seen["some columns or all: one of each kind, and all while they were not copies"] == 1);
  LaunchMemo memo;
  CHECK(run(machine, shape, {0, 0}, &memo).pe_rounds < std::int64_t{250} * 160 * 30);
}

// What the fewer tokens of the last columns hold up reaches a few of those before them.
TEST_CASE("forward launches in which some columns wait for room of others: the others stay copies") {
  const MachineSpec machine = load_machine("wse2", weft::test::source_path("hw/machines"));
  std::map<std::string, int> seen;
  for (const int few : {5, 10, 40})
    CHECK(compare(machine, {KernelKind::matmul_forward, 1100, 300, 11 * 80 - few, {80, 100}}, {0, 0}, seen) < 0.5);
  CHECK(seen["some columns: one of each kind"] == 3);
}

TEST_CASE(
    "a layer with fewer features than rows: PEs past the chain, which only receive, keep no column from being a copy") {
  const MachineSpec machine = load_machine("wse2", weft::test::source_path("hw/machines"));
  std::map<std::string, int> seen;
  for (const LaunchSize& shape : {LaunchSize{KernelKind::matmul_forward, 16, 300, 3500, {100, 48}},
                                  LaunchSize{KernelKind::matmul_delta, 300, 16, 3500, {100, 48}}})
    compare(machine, shape, {0}, seen);
  CHECK(seen["some columns: one of each kind"] == 2);
}

TEST_CASE("a row that owns many outputs sends each as it did the one before: such rounds are added") {
  MachineSpec machine = load_machine("mini", weft::test::source_path("hw/machines"));
  std::mt19937 random(5);
  const auto any = [&random](int low, int high) { return std::uniform_int_distribution(low, high)(random); };
  std::map<std::string, int> seen;
  for (int trial = 0; trial < 60; ++trial) {
    machine.router.link_queue = any(2, 8);
    machine.router.input_queue = any(2, 8);
    machine.router.output_queue = any(2, 8);
    machine.io.row_buffer_bytes = 4 * (trial % 2 == 0 ? any(20, 200) : 5000);
    const Rectangle rectangle{any(2, 30), any(1, 12)};
    const LaunchSize shape{KernelKind::matmul_gradient, any(1, 150), any(60, 150),
                           any(1, 40) * rectangle.width + any(0, 3), rectangle};
    compare(machine, shape, std::vector<Cycle>(static_cast<std::size_t>(any(1, 150))), seen);
  }
  for (const auto& [how, times] : seen) UNSCOPED_INFO(how << ": " << times);
  CHECK(seen["some rounds: the others repeat what was simulated"] > 30);
}

// 45 wavelets a round are worth a look for a run; the owner is in step with it later than the cores that it feeds.
TEST_CASE("a gradient of many tokens a column: the owner's books are those of its wavelets one by one") {
  const MachineSpec machine = load_machine("wse2", weft::test::source_path("hw/machines"));
  std::map<std::string, int> seen;
  for (int tokens : {20 * 44 + 3, 20 * 60})
    compare(machine, {KernelKind::matmul_gradient, 124, 124, tokens, {20, 10}}, {0, 0}, seen);
  CHECK(seen["some rounds: the others repeat what was simulated"] == 2);
}

TEST_CASE("a tall narrow wafer and a wide flat one: what is simulated does not grow with the columns") {
  const MachineSpec machine = load_machine("wse2", weft::test::source_path("hw/machines"));
  std::set<std::int64_t> simulated;
  for (int width : {50, 100, 200}) {
    const LaunchSize shape{KernelKind::matmul_forward, 40, 30, 5 * width, {width, 20}};
    LaunchMemo memo;
    const LaunchOutcome outcome = run(machine, shape, {0}, &memo);
    simulated.insert(outcome.pe_rounds - 20LL * width);  // after the first round
  }
  CHECK(simulated.size() == 1);
}

TEST_CASE(
    "words that come earlier or later than those of a simulated launch: added only where no wavelet waits for them") {
  const MachineSpec machine = load_machine("mini", weft::test::source_path("hw/machines"));
  std::mt19937 random(8);
  const auto any = [&random](int low, int high) { return std::uniform_int_distribution(low, high)(random); };
  int added = 0, simulated = 0;
  for (int trial = 0; trial < 20; ++trial) {
    const Rectangle rectangle{any(2, 10), any(1, 12)};
    const LaunchSize shape{KernelKind::matmul_forward, any(1, 40), any(20, 60), 12 * rectangle.width, rectangle};
    LaunchMemo memo;
    for (int again = 0; again < 12; ++again) {
      std::vector<Cycle> late{0};
      for (int chunk = 0; chunk < 5; ++chunk) late.push_back(any(0, 3) == 0 ? any(0, 900) : any(0, 9));
      const LaunchOutcome found = run(machine, shape, late, &memo), expected = run(machine, shape, late, nullptr);
      INFO("trial " << trial << ", launch " << again << ": " << found.how);
      check_equal(found, expected);
      ++(found.rounds_added == shape.outputs ? added : simulated);
    }
  }
  CHECK(added > 50);
  CHECK(simulated > 50);
}

TEST_CASE("words that come a cycle earlier or later in every launch: chunks are added one by one, to the last digit") {
  MachineSpec machine = load_machine("mini", weft::test::source_path("hw/machines"));
  std::mt19937 random(21);
  const auto any = [&random](int low, int high) { return std::uniform_int_distribution(low, high)(random); };
  std::int64_t added = 0, rounds = 0, went_on = 0;
  for (int trial = 0; trial < 24; ++trial) {
    machine.router.link_queue = any(2, 8);
    machine.router.input_queue = any(2, 8);
    machine.router.output_queue = any(2, 8);
    const Rectangle rectangle{any(4, 12), any(2, 16)};
    const bool delta = trial % 2 == 1;
    const LaunchSize shape{delta ? KernelKind::matmul_delta : KernelKind::matmul_forward, any(8, 90), any(40, 90),
                           any(2, 12) * rectangle.width + any(0, 1), rectangle};
    const int chunks = any(8, 30), every = any(60, 400);
    LaunchMemo memo;
    for (int again = 0; again < 10; ++again) {
      std::vector<Cycle> late;
      for (int chunk = 0; chunk < chunks; ++chunk) late.push_back(every + any(0, 1));
      const LaunchOutcome found = run(machine, shape, late, &memo), expected = run(machine, shape, late, nullptr);
      INFO("trial " << trial << ", launch " << again << ": " << found.how);
      check_equal(found, expected);
      const int all = delta ? shape.inputs : shape.outputs;
      if (again > 0) added += found.rounds_added, rounds += all;
      went_on += found.rounds_added > 0 && found.rounds_added < all;
    }
  }
  INFO(added << " of " << rounds << " rounds added; " << went_on << " launches went on from a state");
  CHECK(2 * added > rounds);
  CHECK(went_on > 20);
}
