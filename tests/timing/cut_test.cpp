// Question: does it matter how the wafer is cut into regions? It must not, for no bit and no cycle.
#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "hw/csx/matrix_timer.h"
#include "hw/spec/machine_file.h"
#include "tests/support/fp16.h"
#include "tests/support/layer_chain.h"
#include "tests/support/paths.h"

using namespace weft;
using namespace weft::hw;

namespace {

struct Outcome {
  LaunchTimes times;
  std::vector<RunCycle> marks;
  std::vector<float> values;
  std::int64_t crossings = 0;
};

/// A value that is exact in fp16 and differs from place to place.
float sample_value(int a, int b) { return round_to_half(static_cast<float>((a * 37 + b * 101) % 257 - 128) / 64.0F); }

Outcome run(const MachineSpec& machine, KernelKind kind, int inputs, int outputs, int tokens, Rectangle rectangle,
            double sparsity, WaferCut cut, ThreadPool& pool) {
  static int number = 0;
  Job job = weft::test::job_of_chain({{"fc1", inputs, outputs, "", 0}, {"fc2", outputs, 3, "", 0}});
  const auto launch = [&job](KernelKind of, int layer) { return weft::test::launch_of_chain(job.layers, of, layer); };
  for (MatrixLayer& layer : job.layers) {
    layer.sparsity = sparsity;
    if (sparsity > 0)
      layer.mask = std::make_shared<const WeightMask>(WeightMask::random(layer.outputs, layer.inputs, sparsity, 3));
  }
  job.batch = tokens;
  Lane lane(fmt::format("lane{}", number++).c_str(), machine, job, rectangle, tokens, cut, pool);
  lane.allocate();
  std::vector<std::uint16_t> samples;
  for (int token = 0; token < tokens; ++token)
    for (int feature = 0; feature < inputs; ++feature) samples.push_back(float_to_half(sample_value(token, feature)));
  const std::vector<std::int32_t> labels(static_cast<std::size_t>(tokens), 1);
  lane.load_samples(samples.data(), labels.data());
  std::vector<float> weights;
  Outcome outcome;
  MatrixTimer timer(machine, lane, EdgeLayout(machine, {rectangle}), nullptr, false);
  const auto forward = [&](int layer, int from, int to) {
    weights.clear();
    for (int output = 0; output < to; ++output)
      for (int input = 0; input <= from; ++input) weights.push_back(sample_value(output + 5, input));
    const LaunchMap map(KernelKind::matmul_forward, job.layers[static_cast<std::size_t>(layer)], rectangle, tokens);
    lane.begin_launch(map, launch(KernelKind::matmul_forward, layer));
    lane.begin_values();
    timer.open(map, {KernelKind::matmul_forward, layer, 0, tokens, nullptr}, RunCycle(100));
    const int first = to / 2;
    outcome.marks.push_back(timer.feed(RunCycle(90), first));
    outcome.marks.push_back(timer.feed(RunCycle(400), to - first));
    lane.weight_values(0, to, weights.data(), from + 1);
    outcome.times = timer.close();
  };
  forward(0, inputs, outputs);
  LineSettings settings;
  settings.dropout = {job.layers[0].dropout, 77, 0};
  lane.line_values(launch(KernelKind::activation, 0), settings);
  const auto loss = [&](bool train, float scale) {
    outcome.values = lane.line_values(launch(KernelKind::softmax_loss, 1), {HalfFormat::fp16, train, scale, {}});
  };
  if (kind != KernelKind::matmul_forward) {
    forward(1, outputs, 3);
    loss(true, 4.0F);
    const LaunchMap map(kind, job.layers[1], rectangle, tokens);
    lane.begin_launch(map, launch(kind, 1));
    lane.begin_values();
    timer.open(map, {kind, 1, 0, tokens, nullptr}, RunCycle());
    if (kind == KernelKind::matmul_gradient) {
      if (map.lists()) {
        const EdgeMarks marks = timer.feed_and_drain(RunCycle(50), 3);
        outcome.marks.insert(outcome.marks.end(), {marks.left, marks.drained});
      } else {
        outcome.marks.push_back(timer.drain(3));
      }
      std::vector<float> gradient(static_cast<std::size_t>(3 * (outputs + 1)));
      lane.gradient_values(0, 3, gradient.data());
      outcome.values.insert(outcome.values.end(), gradient.begin(), gradient.end());
    } else {
      outcome.marks.push_back(timer.feed(RunCycle(), outputs));
    }
    outcome.times = timer.close();
  } else {
    forward(1, outputs, 3);
    loss(false, 1.0F);
  }
  outcome.crossings = lane.cut_crossings();
  return outcome;
}

}  // namespace

TEST_CASE("1, 2, 4, 6, 16 regions: same cycles, same classes, same marks, same bits") {
  const MachineSpec machine = load_machine("mini", weft::test::source_path("hw/machines"));
  ThreadPool pool(1), two(2);
  struct Shape {
    int inputs, outputs, tokens;
    Rectangle rectangle;
  };
  for (const Shape& shape : {Shape{23, 17, 29, {8, 8}}, Shape{7, 12, 40, {6, 10}}, Shape{64, 5, 9, {12, 7}}})
    for (const auto& [kind, sparsity] :
         {std::pair(KernelKind::matmul_forward, 0.0), std::pair(KernelKind::matmul_delta, 0.0),
          std::pair(KernelKind::matmul_gradient, 0.0), std::pair(KernelKind::matmul_forward, 0.6),
          std::pair(KernelKind::matmul_delta, 0.6), std::pair(KernelKind::matmul_gradient, 0.3),
          std::pair(KernelKind::matmul_gradient, 0.8)}) {
      const Outcome whole =
          run(machine, kind, shape.inputs, shape.outputs, shape.tokens, shape.rectangle, sparsity, {1, 1}, pool);
      REQUIRE(whole.crossings == 0);
      for (WaferCut cut : {WaferCut{1, 2}, WaferCut{2, 1}, WaferCut{2, 2}, WaferCut{3, 2}, WaferCut{4, 4}}) {
        const Outcome parts =
            run(machine, kind, shape.inputs, shape.outputs, shape.tokens, shape.rectangle, sparsity, cut, two);
        INFO(cut.rows << " x " << cut.columns << " kernel " << static_cast<int>(kind) << " inputs " << shape.inputs
                      << " sparsity " << sparsity);
        CHECK(parts.crossings > 0);
        CHECK(parts.times.end == whole.times.end);
        CHECK(parts.times.classes == whole.times.classes);
        CHECK(parts.times.wavelet_hops == whole.times.wavelet_hops);
        CHECK(parts.marks == whole.marks);
        CHECK(parts.values == whole.values);
      }
    }
}
