// Question: does an evaluation of a graph with residuals, norms and attention count as plain double-precision
// arithmetic does, behind its training, the last batch padded? And does a loss scale, fixed or dynamic, change nothing?
#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "tests/support/graph_training.h"
#include "tests/support/training_graphs.h"

using namespace weft;
using test::CountedWords;
using test::GraphTraining;
using test::NoisyPatterns;
using test::Tensors;
using test::TrainingWay;

namespace {

/// Of one batch. Near ties may fall either way.
struct Counted {
  double loss = 0;
  std::int64_t least = 0, most = 0;
};

Counted counted(const Tensors& values, const std::string& logits) {
  Counted result;
  const test::Values &labels = values.at("labels"), &all = values.at(logits), &losses = values.at("loss");
  const std::size_t tokens = labels.size(), classes = all.size() / tokens;
  for (std::size_t token = 0; token < tokens; ++token) {
    if (labels[token] < 0) continue;
    result.loss += losses[token];
    const auto label = static_cast<std::size_t>(labels[token]);
    double best_other = -1e9;
    for (std::size_t other = 0; other < classes; ++other)
      if (other != label) best_other = std::max(best_other, all[other * tokens + token]);
    const double margin = all[label * tokens + token] - best_other;
    result.least += margin > 0.01;
    result.most += margin > -0.01;
  }
  return result;
}

void evaluate(const sw::OperationGraph& graph, const test::TrainingTokens& tokens, TrainingWay way) {
  way.steps = 20;
  way.evaluation_steps = 3;
  GraphTraining training(graph, tokens, way);
  training.run();
  const test::GraphReference reference = training.trained_reference();
  const std::string logits = graph.operations.back().inputs.front();
  REQUIRE(training.results().size() == 23);
  double worst = 0;
  std::int64_t all = 0;
  for (int step = 0; step < 3; ++step) {
    const hw::StepResult& result = training.results()[static_cast<std::size_t>(20 + step)];
    REQUIRE(result.stage == 1);
    const Counted expected = counted(reference.forward(training.inputs(step, false)), logits);
    CHECK(result.correct >= expected.least);
    CHECK(result.correct <= expected.most);
    CHECK(expected.most - expected.least <= 4);
    worst = std::max(worst, std::fabs(result.loss_sum - expected.loss));
    all += result.correct;
  }
  std::fputs(
      fmt::format("{} of {} correct, worst difference of a batch's loss {:.5f}\n", all, way.evaluation_tokens, worst)
          .c_str(),
      stdout);
  CHECK((all > way.evaluation_tokens / 10 && all < way.evaluation_tokens));
  CHECK(worst < 0.02);
}

TrainingWay gpt_way() {
  TrainingWay way;
  way.batch = 8;
  way.sample_tokens = 8;
  way.rate = 0.3;
  way.evaluation_tokens = 2 * 64 + 3 * 8;  // the last batch has three sequences and five of padding
  return way;
}

const CountedWords words(24, 8, 8);

void check_scaled(const hw::LossScaleSpec& scale, int steps) {
  TrainingWay way = gpt_way();
  way.rate = 0.05;
  way.steps = steps;
  way.loss_scale = scale;
  GraphTraining training(sw::transformer_graph(test::small_gpt(12, 2, 2)), words, way);
  const test::TrackedTraining run = test::tracked(training);
  std::fputs(fmt::format("loss {:.4f} -> {:.4f}; mean difference {:.6f}, worst weight difference {:.6f}\n",
                         run.first_loss, run.last_loss, run.loss, run.weight)
                 .c_str(),
             stdout);
  CHECK(run.last_loss < run.first_loss);
  CHECK(run.loss < 0.001);
  CHECK(run.weight < 0.001);
}

}  // namespace

TEST_CASE("evaluation of a GPT") { evaluate(sw::transformer_graph(test::small_gpt(12, 2)), words, gpt_way()); }
TEST_CASE("evaluation of a GPT on two systems of two micro-batches, one of them all padding") {
  TrainingWay way = gpt_way();
  way.systems = way.micro_batches = 2;
  evaluate(sw::transformer_graph(test::small_gpt(12, 3, 2)), words, way);
}
TEST_CASE("evaluation of a GPT on four lanes, the last of them padding") {
  TrainingWay way = gpt_way();
  way.wishes.lanes = 4;
  evaluate(sw::transformer_graph(test::small_gpt(16, 4)), words, way);
}
TEST_CASE("evaluation of residuals and norms") {
  const NoisyPatterns patterns(19, 7);
  TrainingWay way;
  way.batch = 24;
  way.rate = 0.005;
  way.evaluation_tokens = 2 * 24 + 5;
  evaluate(test::residual_network(19, 13, "RMSNorm", "GELU"), patterns, way);
}

TEST_CASE("a fixed loss scale") {
  hw::LossScaleSpec scale;
  scale.initial = 512;
  check_scaled(scale, 12);
}
TEST_CASE("a dynamic loss scale that grows") {
  hw::LossScaleSpec scale;
  scale.dynamic = true;
  scale.initial = 16;
  scale.growth_interval = 2;
  check_scaled(scale, 12);
}
TEST_CASE("a dynamic loss scale that is too large at first") {
  TrainingWay way = gpt_way();
  way.steps = 16;
  way.loss_scale.dynamic = true;
  way.loss_scale.initial = 1 << 20;
  way.loss_scale.maximum = 1 << 20;
  GraphTraining training(sw::transformer_graph(test::small_gpt(12, 2, 2)), words, way);
  training.run();
  const hw::TrainingState end = training.state();
  CHECK(end.loss_scale < 1 << 17);
  CHECK(end.loss_scale > 64);
  for (const hw::LayerState& layer : end.layers) {
    INFO(layer.layer);
    for (const hw::StateTensor& tensor : layer.tensors)
      CHECK(std::all_of(tensor.values.begin(), tensor.values.end(), [](float value) { return std::isfinite(value); }));
    if (layer.tensors.empty()) continue;
    CHECK(layer.updates < way.steps);
    CHECK(layer.updates > 0);
  }
  CHECK(training.loss(15) < training.loss(0));
}
