// Question: is a matrix launch right that takes longer than 32 bits of cycles, by waiting or by work, and does one that
// cannot be timed, attention's too, stop with the place?
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "hw/csx/matrix_timer.h"
#include "hw/fabric/attention_timer.h"
#include "hw/spec/machine_file.h"
#include "tests/support/paths.h"
#include "tlm/base/checked.h"

using namespace weft;
using namespace weft::hw;

namespace {

constexpr int chunks = 4;
constexpr Rectangle rectangle{6, 4};
constexpr Cycle never_added = Cycle{1} << 60;

struct Outcome {
  LaunchTimes times;
  std::vector<RunCycle> left;
};

MachineSpec mini() { return load_machine("mini", weft::test::source_path("hw/machines")); }

/// 20 inputs, as many outputs as there are rounds, 12 tokens. The words of chunk `late` come `cycles` late; a chunk's
/// words are there 500 cycles after those before it.
Outcome run(const MachineSpec& machine, KernelKind kind, int rounds, int late, Cycle cycles, Cycle least_rest,
            LaunchMemo* memo) {
  static int number = 0;
  Job job;
  job.layers = {{"fc1", 20, rounds, "", 0}};
  job.batch = 12;
  ThreadPool pool(1);
  Lane lane(fmt::format("lane{}", number++).c_str(), machine, job, rectangle, job.batch, {}, pool);
  const LaunchMap map(kind, job.layers[0], rectangle, job.batch);
  lane.begin_launch(map, {kind, 0});
  MatrixTimer timer(machine, lane, EdgeLayout(machine, {rectangle}), memo, false, {}, least_rest);
  timer.open(map, {kind, 20, rounds, job.batch, nullptr}, RunCycle(1000));
  Outcome outcome;
  RunCycle ready(1000);
  for (int chunk = 0; chunk < chunks; ++chunk) {
    ready += 500 + (chunk == late ? cycles : 0);
    const int of_chunk = split_count(map.rounds, chunks, chunk);
    outcome.left.push_back(map.from_edge ? timer.feed(ready, of_chunk) : timer.drain(of_chunk));
  }
  outcome.times = timer.close();
  return outcome;
}

void check_equal(const Outcome& some, const Outcome& all) {
  CHECK(some.times.end == all.times.end);
  CHECK(some.times.classes == all.times.classes);
  CHECK(some.times.wavelet_hops == all.times.wavelet_hops);
  CHECK(some.left == all.left);
}

}  // namespace

TEST_CASE("a wait at rest is the same added as simulated") {
  const MachineSpec machine = mini();
  for (const KernelKind kind : {KernelKind::matmul_forward, KernelKind::matmul_delta})
    for (int late = 0; late < chunks; ++late)
      for (const bool fast : {false, true}) {
        LaunchMemo with, without;
        const Cycle cycles = 40'000 + 777 * late;
        check_equal(run(machine, kind, 40, late, cycles, 1, fast ? &with : nullptr),
                    run(machine, kind, 40, late, cycles, never_added, fast ? &without : nullptr));
      }
}

TEST_CASE("words that come beyond 32 bits: all is as much later and every PE of the chain waits for it") {
  const MachineSpec machine = mini();
  const Cycle far = Cycle{1} << 36, near = 1 << 20;
  for (int late = 0; late < chunks; ++late) {
    LaunchMemo memo, memo_far;
    const Outcome soon = run(machine, KernelKind::matmul_forward, 40, late, near, never_added, &memo);
    const Outcome then =
        run(machine, KernelKind::matmul_forward, 40, late, far, MatrixTimer::usual_least_rest, &memo_far);
    CHECK(then.times.end - soon.times.end == far - near);
    for (int chunk = 0; chunk < chunks; ++chunk) {
      const auto at = static_cast<std::size_t>(chunk);
      CHECK(then.left[at] - soon.left[at] == (chunk < late ? 0 : far - near));
    }
    const Cycle chain_pes = rectangle.width * rectangle.height;
    for (std::size_t which = 0; which < then.times.classes.size(); ++which)
      CHECK(then.times.classes[which] - soon.times.classes[which] ==
            (which == static_cast<std::size_t>(proto::TimeClass::wait_stream) ? chain_pes * (far - near) : 0));
  }
}

TEST_CASE("a launch whose work passes 32 bits goes on from kept states, each round as long as the others") {
  MachineSpec machine = mini();
  machine.pe.control_cycles = 10'000;
  machine.pe.scalar_cycles = 10'000;
  // 5 inputs a row: a round of a row in the middle of the launch takes 20,000 cycles and its few AXPYs.
  LaunchMemo memo;
  const int rounds = 120'000;
  const Outcome half = run(machine, KernelKind::matmul_forward, rounds / 2, -1, 0, 1 << 16, &memo);
  const Outcome whole = run(machine, KernelKind::matmul_forward, rounds, -1, 0, 1 << 16, &memo);
  CHECK(whole.times.end > LaunchCycle(Cycle{1} << 31));
  const double round = static_cast<double>(whole.times.end - half.times.end) / (rounds / 2.0);
  CHECK(round > 20'000);
  CHECK(round == Approx(static_cast<double>(half.times.end.since()) / (rounds / 2.0)).epsilon(1e-3));
  for (const Cycle cycles : whole.times.classes) CHECK(cycles >= 0);
}

TEST_CASE("a launch that cannot be told in 32 bits stops with the place") {
  MachineSpec machine = mini();
  machine.pe.vector_fill_cycles = 10'000;
  // Everything simulated: no states to go on from. Each of a row's 5 weights waits for the one before it.
  CHECK_THROWS_WITH(run(machine, KernelKind::matmul_forward, 40'000, -1, 0, 1 << 16, nullptr),
                    Catch::Contains("time overflows") && Catch::Contains("a matrix launch"));
  machine.pe.vector_fill_cycles = 1 << 29;  // not legal: a round alone
  CHECK_THROWS_AS(run(machine, KernelKind::matmul_gradient, 40, -1, 0, 1 << 16, nullptr), TimeOverflow);
}

TEST_CASE("a launch of attention that cannot be told in 32 bits stops with the place, a shorter one is timed") {
  MachineSpec machine = mini();
  machine.pe.vector_fill_cycles = 10'000;  // each of a key's 128 features waits for the one before it
  AttentionTimer timer(machine);
  const auto end = [&timer](KernelKind kind, int keys) {
    return timer.of(kind, HeadGrid({4, 1}, {1, 128, 1, keys})).end;
  };
  for (const KernelKind kind : {KernelKind::attention_scores, KernelKind::attention_values}) {
    CHECK(end(kind, 400) > LaunchCycle(Cycle{400} * 128 * 10'000));
    CHECK_THROWS_WITH(end(kind, 2000), Catch::Contains("time overflows") && Catch::Contains("a launch of attention"));
  }
}
