// Question: do a norm's gain and shift train over the whole cluster as plain double-precision arithmetic does: down as
// a stream, into every PE, and back as the sums that a line kernel leaves at the east edge?
#include <catch2/catch.hpp>
#include <cstdio>

#include "tests/support/program_runs.h"
#include "tests/support/training_state.h"

using namespace weft;
using test::GraphTraining;
using test::TrainingWay;

namespace {

constexpr int inputs = 11, features = 13, classes = 5, steps = 5;
const test::NoisyPatterns patterns(inputs, classes);

/// Linear without bias, a norm, Linear.
sw::OperationGraph network(const char* norm) {
  constexpr double epsilon = 1e-3;
  sw::OperationGraph graph{{{"samples", inputs}, {"labels", 1}}, {}, {"loss"}};
  graph.operations = {{"Linear", "fc1", {"samples"}, {"fc1"}, {{"features", features}, {"bias", 0}}},
                      {norm, "norm", {"fc1"}, {"norm"}, {{"epsilon", epsilon}}},
                      {"Linear", "fc2", {"norm"}, {"fc2"}, {{"features", classes}}},
                      {"SoftmaxCrossEntropy", "loss", {"fc2", "labels"}, {"loss"}}};
  return sw::checked(std::move(graph));
}

TrainingWay on(const hw::Mapping& mapping, int systems = 1) {
  TrainingWay way;
  way.batch = 24;
  way.steps = steps;
  way.rate = 0.5;
  way.systems = systems;
  way.mapping = mapping;
  way.chunk_bytes = 4 * features;  // a round each
  return way;
}

void compare(GraphTraining& training) {
  const test::TrackedTraining run = test::tracked(training);
  std::printf("loss %.3f to %.3f; worst difference %.5f, of a loss %.5f in the mean\n", run.first_loss, run.last_loss,
              run.weight, run.loss);
  CHECK(run.loss < 0.0015);
  CHECK(run.weight < 0.002);
  const test::Tensors before = training.initial_parameters(), after = training.parameters();
  for (const auto& [name, values] : before)
    if (name.find("norm.") == 0) {
      INFO(name);
      CHECK(test::farthest({{name, values}}, after) > 0.02);
    }
  CHECK(training.state().layers[1].updates == steps);
}

}  // namespace

TEST_CASE("gain and shift: one lane, two lanes, two systems, more rows than features") {
  const sw::OperationGraph graph = network("LayerNorm");
  GraphTraining one(graph, patterns, on({{6, 4}, 1})), lanes(graph, patterns, on({{5, 3}, 2})),
      systems(graph, patterns, on({{6, 4}, 1}, 2)), tall(graph, patterns, on({{4, 17}, 1}));
  for (GraphTraining* training : {&one, &lanes, &systems, &tall}) compare(*training);
}

TEST_CASE("a gain alone, a wafer that is cut into regions, features over columns") {
  const sw::OperationGraph graph = network("LayerNorm");
  TrainingWay in_regions = on({{6, 4}, 1});
  in_regions.cut = {2, 3};
  GraphTraining gain(network("RMSNorm"), patterns, on({{6, 4}, 1})), cut(graph, patterns, in_regions),
      turned(graph, patterns, on({{5, 4}, 1, hw::FeatureAxis::columns}));
  for (GraphTraining* training : {&gain, &cut, &turned}) compare(*training);
}

TEST_CASE("a run without fast-forward, one that only times, one of a cut wafer: the same cycles") {
  const sw::OperationGraph graph = network("LayerNorm");
  const TrainingWay usually = on({{6, 4}, 2}, 2);
  TrainingWay simulated = usually, timed = usually, in_regions = usually;
  simulated.fast_forward = false;
  timed.timing_only = true;
  in_regions.cut = {2, 2};
  GraphTraining usual(graph, patterns, usually), all(graph, patterns, simulated), times(graph, patterns, timed),
      cut(graph, patterns, in_regions);
  for (GraphTraining* training : {&usual, &all, &times, &cut}) training->run();
  CHECK(usual.ends().size() == steps);
  for (const GraphTraining* other : {&all, &times, &cut}) CHECK(other->ends() == usual.ends());
  for (const GraphTraining* other : {&all, &cut}) {
    CHECK(test::same_bits(other->state(), usual.state()));
    for (int step = 0; step < steps; ++step) CHECK(other->loss(step) == usual.loss(step));
  }
}

TEST_CASE("the launches as PE programs: the same bits, the same cycles") {
  const sw::OperationGraph graph = network("LayerNorm");
  TrainingWay way = on({{6, 4}, 1});
  GraphTraining usual(graph, patterns, way);
  test::ProgramRuns programs(usual.machine());
  programs.watch(way);
  way.fast_forward = false;
  GraphTraining watched(graph, patterns, way);
  usual.run();
  watched.run();
  CHECK(watched.ends() == usual.ends());
  CHECK(test::same_bits(watched.state(), usual.state()));
  for (const hw::KernelKind kind : {hw::KernelKind::load_vectors, hw::KernelKind::layer_norm_gradient})
    CHECK(programs.runs[kind] == steps);
}
