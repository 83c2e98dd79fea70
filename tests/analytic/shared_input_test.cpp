// Question: do layers that read the same activation, one with a bias and one without, train as plain double-precision
// arithmetic does? The constant one stands behind the activation for the one, the other passes it over.
#include <catch2/catch.hpp>
#include <cstdio>

#include "tests/support/graph_training.h"

using namespace weft;

namespace {

void compare(const hw::Mapping& mapping, hw::WaferCut cut) {
  constexpr int inputs = 11, features = 7, classes = 5;
  sw::OperationGraph graph{{{"samples", inputs}, {"labels", 1}}, {}, {"loss"}};
  graph.operations = {{"Linear", "with", {"samples"}, {"with"}, {{"features", features}}},
                      {"Linear", "without", {"samples"}, {"without"}, {{"features", features}, {"bias", 0}}},
                      {"Add", "sum", {"with", "without"}, {"sum"}},
                      {"Linear", "last", {"sum"}, {"last"}, {{"features", classes}}},
                      {"SoftmaxCrossEntropy", "loss", {"last", "labels"}, {"loss"}}};
  const test::NoisyPatterns patterns(inputs, classes);
  test::TrainingWay way;
  way.batch = 24;
  way.steps = 5;
  way.rate = 0.2;
  way.mapping = mapping;
  way.cut = cut;
  test::GraphTraining training(sw::checked(std::move(graph)), patterns, way);
  const test::TrackedTraining run = test::tracked(training);
  const double moved = test::farthest(training.initial_parameters(), training.parameters());
  std::printf("moved by %.3f; worst difference %.5f, of a loss %.5f in the mean\n", moved, run.weight, run.loss);
  CHECK(run.weight < 0.001);
  CHECK(run.loss < 0.0005);
  CHECK(moved > 0.05);
}

}  // namespace

TEST_CASE("one activation, layers with and without bias") { compare({{6, 4}, 1}, {}); }
TEST_CASE("one activation, layers with and without bias, two lanes of cut regions") { compare({{5, 3}, 2}, {2, 2}); }
