#pragma once
// Launches of one matrix kernel on one lane, timed with and without fast-forward.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "hw/csx/matrix_timer.h"

namespace weft::test {

/// What the rest of the cluster sees of a launch, and what it took to find it.
struct LaunchOutcome {
  hw::LaunchTimes times;
  std::vector<RunCycle> marks;
  std::string how;
  int rounds_added;
  std::int64_t pe_rounds;
};

struct LaunchSize {
  hw::KernelKind kind;
  int inputs, outputs, tokens;
  hw::Rectangle rectangle;
  double sparsity = 0;
};

/// Per launch and chunk: cycles by which the chunk's words come later than those before it.
using LateWords = std::vector<std::vector<Cycle>>;

inline constexpr Cycle no_rest_is_added = Cycle{1} << 60;

inline std::string describe(const LaunchSize& size) {
  return fmt::format("kernel {} {} -> {}, {} tokens on {} x {}, sparsity {}", static_cast<int>(size.kind), size.inputs,
                     size.outputs, size.tokens, size.rectangle.width, size.rectangle.height, size.sparsity);
}

/// One launch after the other: each begins when the one before has ended; the edge may then still be at work.
/// `memo` null: without copies, added rounds, runs and repeats.
inline std::vector<LaunchOutcome> time_launches(const hw::MachineSpec& machine, const LaunchSize& size,
                                                const LateWords& late, hw::LaunchMemo* memo,
                                                Cycle least_rest = hw::MatrixTimer::usual_least_rest) {
  static int number = 0;
  hw::Job job;
  job.layers = {{"fc1", size.inputs, size.outputs, "", 0}};
  job.layers[0].sparsity = size.sparsity;
  if (size.sparsity > 0)
    job.layers[0].mask = std::make_shared<const hw::WeightMask>(
        hw::WeightMask::random(size.outputs, size.inputs, size.sparsity, static_cast<std::uint64_t>(size.outputs)));
  job.batch = size.tokens;
  ThreadPool pool(1);
  hw::Lane lane(fmt::format("lane{}", number++).c_str(), machine, job, size.rectangle, size.tokens, {}, pool);
  const hw::LaunchMap map(size.kind, job.layers[0], size.rectangle, size.tokens);
  hw::MatrixTimer timer(machine, lane, hw::EdgeLayout(machine, {size.rectangle}), memo, false, {}, least_rest);
  std::vector<LaunchOutcome> outcomes;
  RunCycle start(1000);
  for (const std::vector<Cycle>& of_launch : late) {
    lane.begin_launch(map, {size.kind, 0});
    timer.open(map, {size.kind, 0, 0, size.tokens, nullptr}, start);
    LaunchOutcome outcome;
    RunCycle ready = start - 100;
    const int chunks = std::min(static_cast<int>(of_launch.size()), map.rounds);
    for (int chunk = 0; chunk < chunks; ++chunk) {
      const int rounds = hw::split_count(map.rounds, chunks, chunk);
      ready += of_launch[static_cast<std::size_t>(chunk)];
      if (map.lists()) {
        const hw::EdgeMarks marks = timer.feed_and_drain(ready, rounds);
        outcome.marks.insert(outcome.marks.end(), {marks.left, marks.drained});
      } else if (map.from_edge) {
        outcome.marks.push_back(timer.feed(ready, rounds));
      } else if (map.reduces) {
        outcome.marks.push_back(timer.drain(rounds));
      } else {
        timer.run(rounds);
      }
    }
    outcome.times = timer.close();
    outcome.how = timer.how();
    outcome.rounds_added = timer.rounds_added();
    outcome.pe_rounds = timer.pe_rounds();
    start += outcome.times.end.since();
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

/// Every number of a launch, to the last digit.
inline void check_equal(const LaunchOutcome& found, const LaunchOutcome& expected) {
  CHECK(found.times.end == expected.times.end);
  for (std::size_t which = 0; which < found.times.classes.size(); ++which) {
    INFO("class " << proto::time_class_names[which]);
    CHECK(found.times.classes[which] == expected.times.classes[which]);
  }
  CHECK(found.times.mapped == expected.times.mapped);
  CHECK(found.times.macs == expected.times.macs);
  CHECK(found.times.wavelet_hops == expected.times.wavelet_hops);
  CHECK(found.marks == expected.marks);
}

}  // namespace weft::test
