// Question: when does each sum of a norm's gradient leave its row, and when is each round of them at the edge? Against
// the PE model's wavelets, and by hand.
#include <catch2/catch.hpp>

#include "hw/csx/lane_timers.h"
#include "hw/kernels/column_times.h"
#include "hw/pe/array_model.h"
#include "hw/spec/machine_file.h"
#include "sw/crosscheck/cross_case.h"
#include "tests/support/paths.h"
#include "tlm/base/error.h"

using namespace weft;
using namespace weft::hw;

namespace {

MachineSpec mini() { return load_machine("mini", weft::test::source_path("hw/machines")); }

MatrixLayer norm_of(int features, int vectors) {
  MatrixLayer layer{"ln", features, vectors, "", 0};
  layer.bias = false;
  layer.kind = LayerKind::norm;
  return layer;
}

/// Marks of two launches behind each other, at cycles 1000 and `second`.
std::vector<std::vector<RunCycle>> marks(const MachineSpec& machine, const MatrixLayer& layer, const Mapping& mapping,
                                         const ColumnTimes& line, Cycle second) {
  static int number = 0;
  Job job;
  job.layers = {layer};
  job.batch = mapping.lanes;
  ThreadPool pool(1);
  Wafer wafer(("norm_wafer" + std::to_string(number++)).c_str(), machine, job, mapping, {}, pool);
  LaneTimers timers(machine, wafer, EdgeLayout(machine, mapping), nullptr, false, {}, pool);
  const auto of_lane = [&](int) -> const ColumnTimes& { return line; };
  std::vector<std::vector<RunCycle>> all;
  for (const Cycle start : {Cycle{1000}, second})
    all.push_back(timers.drain_line(layer, mapping.lane, RunCycle(start), of_lane));
  return all;
}

/// A row's two sums, which leave one behind the other.
std::vector<LaunchCycle> two_from(Cycle first) { return {LaunchCycle(first), LaunchCycle(first + 1)}; }

}  // namespace

TEST_CASE("each sum leaves its row in the cycle of the PE model") {
  int seen = 0;
  for (const KernelKind kind : {KernelKind::layer_norm_gradient, KernelKind::rms_norm_gradient})
    for (const Rectangle& rectangle : {Rectangle{1, 1}, Rectangle{4, 3}, Rectangle{7, 2}, Rectangle{3, 9}})
      for (const int features : {2, 7, 40})
        for (const int tokens : {1, 5, 33}) {
          const sw::CrossCase c{kind, 1, features, tokens, rectangle, sw::Stalls::none, 5};
          INFO(sw::to_string(c));
          const MachineSpec machine = mini();
          const sw::PreparedCase prepared = sw::prepare(machine, c);
          const ArrayRun run = run_array(machine, prepared.setup->array, {});
          REQUIRE(run.finished);
          LinePrograms programs(prepared.launch);
          const ColumnTimes times = column_times(machine, programs);
          REQUIRE(static_cast<int>(times.totals.size()) == prepared.launch.block.rows());
          for (int row = 0; row < prepared.launch.block.rows(); ++row) {
            const auto edge = static_cast<std::size_t>(prepared.setup->array.edge(Port::east, row));
            std::vector<LaunchCycle> left;
            for (const TimedWavelet& word : run.edges[edge].left)
              if (!word.wavelet.control) left.emplace_back(word.at);
            CHECK(left == times.totals[static_cast<std::size_t>(row)]);
            seen += static_cast<int>(left.size());
          }
        }
  CHECK(seen == 4 * 3 * (2 + 1) * (2 + 7 + 40));
}

// Four rows, two a channel, whose PEs have one feature each: a channel takes row by row the gains, then the shifts.
TEST_CASE("a round is at the edge when its channels have passed each row's word of it") {
  MachineSpec machine = mini();
  machine.io.rows_per_channel = 2;
  machine.io.channel_bits_per_cycle = 8;  // four cycles a sum
  machine.io.lane_sum_cycles = 5;
  machine.router.hop_cycles = 1;
  const MatrixLayer layer = norm_of(4, 2);
  ColumnTimes line;
  line.totals = {two_from(10), two_from(20), two_from(30), two_from(10)};
  // A word that has left at t is at its channel at t + 1 hop, from the channel's second row a hop later, and has passed
  // a cycle later, or four cycles after the word before. Channel 0: 12, 23; shifts 27, 31. Channel 1: 32, 36; 40, 44.
  const auto one = marks(machine, layer, {{3, 4}, 1}, line, 1000 + 40);
  CHECK(one[0] == std::vector<RunCycle>{RunCycle(1036), RunCycle(1044)});
  // The second launch's first words come while channel 1 is busy until its cycle 4, which is before they do.
  CHECK(one[1] == std::vector<RunCycle>{RunCycle(1076), RunCycle(1084)});
  const auto busy = marks(machine, layer, {{3, 4}, 1}, line, 1000 + 2);
  // Channel 1 is busy until its cycle 42: gains 46, 50, shifts 54, 58.
  CHECK(busy[1] == std::vector<RunCycle>{RunCycle(1052), RunCycle(1060)});
  const auto lanes = marks(machine, layer, {{3, 4}, 2}, line, 1000 + 40);
  CHECK(lanes[0] == std::vector<RunCycle>{RunCycle(1036 + 5), RunCycle(1044 + 5)});
}

TEST_CASE("a row that sends more than its buffer holds is refused") {
  MachineSpec machine = mini();
  machine.io.row_buffer_bytes = 4;
  ColumnTimes line;
  line.totals = {two_from(10)};
  CHECK_THROWS_WITH(marks(machine, norm_of(1, 2), {{3, 1}, 1}, line, 2000),
                    Catch::Contains("io.row_buffer_bytes is 4") && Catch::Contains("8 bytes"));
}
