// Question: does attention that skips what its mask leaves out train as double precision does, whatever tells positions
// and however sequences lie; as without it, up to the order of sums; and in less time?
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <map>

#include "tests/support/program_runs.h"
#include "tests/support/training_graphs.h"
#include "tests/support/training_state.h"

using namespace weft;
using test::CountedWords;
using test::GraphTraining;
using test::TrainingWay;

namespace {

sw::TransformerConfig skipping(int width, int heads, int layers = 1, int length = 24) {
  sw::TransformerConfig model = test::small_gpt(width, heads, layers);
  model.max_position_embeddings = model.sequence_length = length;
  model.skip_masked = true;
  return model;
}

/// Sequences of three columns each, of eight tokens: more than a queue's six.
TrainingWay way_of(int batch = 4, int rows = 6, int length = 24) {
  TrainingWay way;
  way.batch = batch;
  way.sample_tokens = length;
  way.steps = 6;
  way.rate = 0.05;
  way.mapping = hw::Mapping{{3 * batch, rows}, 1};
  return way;
}

CountedWords words_of(const sw::TransformerConfig& model) {
  return {model.vocab_size, model.learned_positions() ? model.max_position_embeddings : 0, model.sequence_length};
}

/// Gradients of the first step and a training, as graph_training_test has them.
void compare(const sw::TransformerConfig& model, const TrainingWay& way) {
  const CountedWords words = words_of(model);
  const sw::OperationGraph graph = sw::transformer_graph(model);
  TrainingWay once = way;
  once.steps = 1;
  once.rate = 1;
  GraphTraining gradients(graph, words, once), training(graph, words, way);
  const double coarse = std::ldexp(1.0, static_cast<int>(way.format) - 5);  // a rounding beside fp16's
  double worst = 0;
  for (const test::GradientError& error : test::gradient_errors(gradients)) {
    INFO(error.name);
    if (error.is_zero()) {
      CHECK(error.difference < 0.001 * error.largest);
      continue;
    }
    CHECK(error.relative() < 0.01 * coarse);
    worst = std::max(worst, error.relative());
  }
  const test::TrackedTraining run = test::tracked(training);
  std::fputs(fmt::format("worst gradient {:.5f}; loss {:.4f} -> {:.4f}, mean difference {:.6f}; worst weight {:.6f}\n",
                         worst, run.first_loss, run.last_loss, run.loss, run.weight)
                 .c_str(),
             stdout);
  CHECK(run.last_loss < run.first_loss);
  CHECK(run.loss < 0.001 * coarse);
  CHECK(run.weight < 0.002 * coarse);
}

/// Launches as PE programs: all bits and cycles.
void check_programs(const sw::TransformerConfig& model, TrainingWay way) {
  const CountedWords words = words_of(model);
  const sw::OperationGraph graph = sw::transformer_graph(model);
  way.steps = 1;
  GraphTraining usual(graph, words, way);
  test::ProgramRuns programs(usual.machine());
  way.fast_forward = false;
  programs.watch(way);
  GraphTraining watched(graph, words, way);
  usual.run();
  watched.run();
  CHECK(watched.ends() == usual.ends());
  CHECK(test::same_bits(watched.state(), usual.state()));
  for (const hw::KernelKind kind : {hw::KernelKind::attention_scores, hw::KernelKind::attention_softmax})
    CHECK(programs.runs[kind] >= model.num_heads * way.batch);
}

sw::TransformerConfig with_rotary(sw::TransformerConfig model) {
  model.positions = sw::Positions::rotary;
  model.rotary.base = 100;
  return model;
}
sw::TransformerConfig with_biases(sw::TransformerConfig model) {
  model.positions = sw::Positions::linear_bias;
  return model;
}
sw::TransformerConfig with_reach(sw::TransformerConfig model, int reach) {
  model.reach = reach;
  return model;
}
sw::TransformerConfig with_dropout(sw::TransformerConfig model) {
  model.dropout.embedding = 0.125;
  model.dropout.attention = 0.25;
  model.dropout.residual = 0.2;
  return model;
}

}  // namespace

TEST_CASE("learned positions") { compare(skipping(12, 2, 2), way_of()); }
TEST_CASE("rotary positions") { compare(with_rotary(skipping(16, 2)), way_of(4, 4)); }
TEST_CASE("ALiBi") { compare(with_biases(skipping(18, 3)), way_of()); }
TEST_CASE("tokens that reach ten keys back") { compare(with_reach(skipping(12, 2, 2), 10), way_of()); }
TEST_CASE("a reach with rotary positions in bf16") {
  TrainingWay way = way_of(4, 4);
  way.format = HalfFormat::bf16;
  compare(with_reach(with_rotary(skipping(16, 2)), 7), way);
}
TEST_CASE("dropout of embedding, probabilities and residuals") { compare(with_dropout(skipping(12, 2)), way_of()); }
TEST_CASE("sequences of uneven columns, heads of uneven rows") {
  TrainingWay way = way_of(3, 11, 8);
  way.mapping = hw::Mapping{{11, 11}, 1};  // of 3, 4 and 4
  compare(skipping(24, 2, 1, 8), way);
}
TEST_CASE("a ragged sequence on two lanes, three micro-batches, two systems, a wafer that is cut") {
  TrainingWay way = way_of(12, 6, 26);
  way.systems = 2;
  way.micro_batches = 3;
  way.mapping = hw::Mapping{{3, 6}, 2};  // of nine, nine and eight tokens
  way.cut = {2, 2};
  compare(skipping(12, 2, 1, 26), way);
}

TEST_CASE("launches as PE programs: learned positions") { check_programs(skipping(12, 2), way_of(2)); }
TEST_CASE("launches as PE programs: dropout and a reach of ten keys") {
  check_programs(with_dropout(with_reach(skipping(12, 2), 10)), way_of(2));
}
TEST_CASE("launches as PE programs: ALiBi") { check_programs(with_biases(skipping(12, 2)), way_of(2)); }
TEST_CASE("launches as PE programs: rotary positions on uneven columns in bf16") {
  TrainingWay way = way_of(3, 4, 8);
  way.mapping = hw::Mapping{{11, 4}, 1};  // of 3, 4 and 4
  way.format = HalfFormat::bf16;
  check_programs(with_rotary(skipping(16, 2, 1, 8)), way);
}
TEST_CASE("launches as PE programs: a ragged sequence on each of two lanes") {
  TrainingWay way = way_of(2, 6, 26);
  way.mapping = hw::Mapping{{3, 6}, 2};
  check_programs(with_reach(skipping(12, 2, 1, 26), 20), way);
}

TEST_CASE("the same bits and cycles without fast-forward, on threads, cut") {
  const sw::TransformerConfig model = with_dropout(with_rotary(skipping(16, 2, 2)));
  const CountedWords words = words_of(model);
  const sw::OperationGraph graph = sw::transformer_graph(model);
  TrainingWay way = way_of(4, 4), all = way, threads = way, cut = way, times = way;
  all.fast_forward = false;
  threads.threads = 2;
  cut.cut = {2, 3};
  times.timing_only = true;
  GraphTraining usual(graph, words, way), simulated(graph, words, all), by_two(graph, words, threads),
      parts(graph, words, cut), timed(graph, words, times);
  for (GraphTraining* training : {&usual, &simulated, &by_two, &parts, &timed}) training->run();
  CHECK(timed.ends() == usual.ends());
  for (const GraphTraining* other : {&simulated, &by_two, &parts}) {
    CHECK(other->ends() == usual.ends());
    CHECK(test::same_bits(other->state(), usual.state()));
  }
}

TEST_CASE("beside a training that computes what the mask leaves out: the same losses up to rounding, in less time") {
  sw::TransformerConfig model = skipping(16, 2, 2), whole = model;
  whole.skip_masked = false;
  const CountedWords words = words_of(model);
  const TrainingWay way = way_of(4, 4);
  GraphTraining skips(sw::transformer_graph(model), words, way), computes(sw::transformer_graph(whole), words, way);
  skips.run();
  computes.run();
  for (int step = 0; step < way.steps; ++step) CHECK(skips.loss(step) == Approx(computes.loss(step)).margin(2e-4));
  CHECK_FALSE(test::same_bits(skips.state(), computes.state()));
  CHECK(test::farthest(skips.parameters(), computes.parameters()) < 1e-3);
  CHECK(skips.ends().back() < computes.ends().back());
}
