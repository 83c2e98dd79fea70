// Question: do lanes with other tokens beside each other take as long as the slowest alone, and is what a launch counts
// of its lanes what each counts alone?
#include <numeric>
#include <random>

#include "hw/csx/lane_timers.h"
#include "hw/spec/machine_file.h"
#include "tests/support/paths.h"
#include "tests/timing/matrix_launches.h"

using namespace weft;
using namespace weft::hw;
using namespace weft::test;

namespace {

struct Together {
  std::vector<RunCycle> marks;
  LaunchTimes times;
  int rounds_added;
  std::int64_t pe_rounds;
};

/// One launch of all lanes.
Together together(const MachineSpec& machine, const LaunchSize& size, int lanes) {
  static int number = 0;
  Job job;
  job.layers = {{"fc1", size.inputs, size.outputs, "", 0}};
  job.layers[0].sparsity = size.sparsity;
  if (size.sparsity > 0)
    job.layers[0].mask = std::make_shared<const WeightMask>(
        WeightMask::random(size.outputs, size.inputs, size.sparsity, static_cast<std::uint64_t>(size.outputs)));
  job.batch = size.tokens;
  const Mapping mapping{size.rectangle, lanes};
  ThreadPool pool(1);
  Wafer wafer(fmt::format("wafer{}", number++).c_str(), machine, job, mapping, {}, pool);
  LaunchMemo memo;
  LaneTimers timers(machine, wafer, EdgeLayout(machine, mapping), &memo, false, {}, pool);
  wafer.begin_launch({size.kind, 0});
  timers.open(size.kind, job.layers[0], RunCycle(1000));
  const LaunchMap& map = wafer.map(0);
  for (int lane = 0; lane < lanes; ++lane) {
    const LaunchMap& own = wafer.map(lane);
    const std::vector<int>& tokens = own.lines_are_rows ? own.elements : own.wavelets;
    CHECK(std::accumulate(tokens.begin(), tokens.end(), 0) == wafer.lane_tokens(lane));
  }
  std::vector<RunCycle> marks;
  if (map.lists()) {
    const EdgeMarks both = timers.feed_and_drain(RunCycle(900), map.rounds);
    marks = {both.left, both.drained};
  } else {
    marks = {map.from_edge ? timers.feed(RunCycle(900), map.rounds) : timers.drain(map.rounds)};
  }
  const LaunchTimes times = timers.close();
  return {marks, times, timers.rounds_added(), timers.pe_rounds()};
}

}  // namespace

TEST_CASE("lanes of two sizes: the slowest one's end, the first one's added rounds, the simulated rounds of both") {
  MachineSpec machine = load_machine("mini", source_path("hw/machines"));
  machine.io.lane_sum_cycles = 7;
  std::mt19937 random(5);
  const auto any = [&random](int low, int high) { return std::uniform_int_distribution(low, high)(random); };
  int other_counts = 0;
  for (int trial = 0; trial < 120; ++trial) {
    const int lanes = any(2, 3), width = any(2, 6), smaller = any(1, 3 * width), larger = any(1, lanes - 1);
    const KernelKind kind = trial % 2 == 0 ? KernelKind::matmul_forward : KernelKind::matmul_gradient;
    const bool sparse = trial % 6 == 1;
    const LaunchSize all{kind,
                         any(4, 30),
                         sparse ? any(50, 300) : any(500, 3000),
                         lanes * smaller + larger,
                         {width, any(1, 3)},
                         sparse ? 0.6 : 0};
    const auto alone = [&](int tokens) {
      LaunchSize one = all;
      one.tokens = tokens;
      LaunchMemo memo;
      return time_launches(machine, one, {{0}}, &memo).front();
    };
    const LaunchOutcome first = alone(smaller + 1), last = alone(smaller);
    const Together found = together(machine, all, lanes);
    INFO("trial " << trial << ", " << lanes << " lanes: " << describe(all));
    CHECK(found.times.end == std::max(first.times.end, last.times.end));
    const Cycle sums = kind == KernelKind::matmul_gradient ? (lanes - 1) * 7 : 0;
    CHECK(found.marks.size() == (sparse ? 2 : 1));
    CHECK(found.marks.back() == std::max(first.marks.back(), last.marks.back()) + sums);
    if (sparse) CHECK(found.marks.front() == std::max(first.marks.front(), last.marks.front()));
    CHECK(found.times.macs == larger * first.times.macs + (lanes - larger) * last.times.macs);
    CHECK(found.rounds_added == first.rounds_added);
    CHECK(found.pe_rounds == first.pe_rounds + last.pe_rounds);
    other_counts += first.rounds_added != last.rounds_added;
  }
  CHECK(other_counts > 1);
}

TEST_CASE("of two layers that differ in their bias alone, neither repeats what was simulated for the other") {
  const MachineSpec machine = load_machine("mini", source_path("hw/machines"));
  Job job;
  job.layers = {{"with", 8, 600, "", 0}, {"without", 8, 600, "", 0}};
  job.layers[1].bias = false;
  job.batch = 12;
  const Mapping mapping{{6, 1}, 1};
  ThreadPool pool(1);
  Wafer wafer("biases", machine, job, mapping, {}, pool);
  for (const KernelKind kind : {KernelKind::matmul_forward, KernelKind::matmul_gradient}) {
    LaunchMemo shared;
    const auto end = [&](int layer, LaunchMemo& memo) {
      LaneTimers timers(machine, wafer, EdgeLayout(machine, mapping), &memo, false, {}, pool);
      wafer.begin_launch({kind, layer});
      timers.open(kind, job.layers[static_cast<std::size_t>(layer)], RunCycle(1000));
      const LaunchMap& map = wafer.map(0);
      if (map.from_edge) {
        timers.feed(RunCycle(900), map.rounds);
      } else {
        timers.drain(map.rounds);
      }
      return timers.close().end;
    };
    LaunchMemo own[2];
    for (const int layer : {0, 1, 0}) CHECK(end(layer, shared) == end(layer, own[layer]));
    CHECK(end(0, shared) > end(1, shared));
  }
}
