// Question: does the simulated cluster train graphs with residuals, norms and attention as plain double-precision
// arithmetic does? Loss of every step and all parameters at the end; and the gradient of each parameter by itself,
// since a loss may fall with one that is wrong.
#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "tests/support/gpt_comparison.h"
#include "tests/support/graph_training.h"
#include "tests/support/training_graphs.h"

using namespace weft;
using test::CountedWords;
using test::GraphTraining;
using test::NoisyPatterns;
using test::residual_network;
using test::small_bert;
using test::small_gpt;
using test::TrainingWay;

namespace {

TrainingWay way_of(const sw::TransformerConfig& model, int batch = 6) {
  TrainingWay way;
  way.batch = batch;
  way.sample_tokens = model.sequence_length;
  way.steps = 16;
  way.rate = 0.05;
  return way;
}

constexpr double adam_rate = 0.003;

/// A rounding beside fp16's: two and eight times as large.
double coarseness(HalfFormat format) { return std::ldexp(1.0, static_cast<int>(format) - 5); }

TrainingWay with_adam(TrainingWay way) {
  way.optimizer = hw::OptimizerKind::adam;
  way.rate = adam_rate;
  return way;
}

/// Measured: gradients of a GPT are off by up to 0.3 %, of a network without attention by 0.03 %.
void check_gradients(GraphTraining& training, double bound) {
  const std::vector<test::GradientError> errors = test::gradient_errors(training);
  test::GradientError worst{"", 0, 1};
  for (const test::GradientError& error : errors) {
    INFO(error.name);
    if (error.is_zero()) {
      CHECK(error.difference < 0.001 * error.largest);
      continue;
    }
    CHECK(error.relative() < bound);
    if (error.relative() > worst.relative()) worst = error;
  }
  CHECK(training.loss(0) ==
        Approx(training.reference().loss(training.inputs(0))).margin(0.001 * coarseness(training.job().format)));
  std::fputs(
      fmt::format("worst relative error of {} gradients {:.5f}, {}\n", errors.size(), worst.relative(), worst.name)
          .c_str(),
      stdout);
}

/// Measured: losses are off by up to 0.0006 in the mean, weights by up to 0.0002, of ReLU 0.0017: rounding may move
/// what it reads over 0. Adam moves a weight by its rate whose gradient is as small as its rounding, one way or the
/// other.
void check_run(GraphTraining& training) {
  const bool adam = training.job().optimizer.kind == hw::OptimizerKind::adam;
  const test::TrackedTraining run = test::tracked(training, adam ? "k.bias" : "");
  std::fputs(fmt::format("loss {:.4f} -> {:.4f}; mean difference {:.6f}; weights: mean {:.7f}, worst {:.6f}\n",
                         run.first_loss, run.last_loss, run.loss, run.mean_weight, run.weight)
                 .c_str(),
             stdout);
  CHECK(run.last_loss < run.first_loss);
  const double coarse = coarseness(training.job().format);
  CHECK(run.loss < 0.001 * coarse);
  CHECK(run.mean_weight < 0.0003 * coarse);
  CHECK(run.weight < (adam ? 4 * adam_rate : 0.002 * coarse));
}

/// The gradients, then a run with each optimizer.
void compare(const sw::OperationGraph& graph, const test::TrainingTokens& tokens, TrainingWay way, double gradient) {
  TrainingWay once = way;
  once.steps = 1;
  once.rate = 1;
  GraphTraining gradients(graph, tokens, once), sgd(graph, tokens, way), adam(graph, tokens, with_adam(way));
  check_gradients(gradients, gradient);
  check_run(sgd);
  check_run(adam);
}

CountedWords words_of(const sw::TransformerConfig& model) {
  return {model.vocab_size, model.learned_positions() ? model.max_position_embeddings : 0, model.sequence_length};
}

void compare_gpt(const sw::TransformerConfig& model, const TrainingWay& way) {
  compare(sw::transformer_graph(model), words_of(model), way, 0.01 * coarseness(way.format));
}

void compare_bert(const sw::TransformerConfig& model, const TrainingWay& way) {
  const CountedWords words = words_of(model);
  const test::MaskedWords masked(words, model.sequence_length, model.encoder.padded);
  compare(sw::transformer_graph(model), masked, way, 0.01);
}

void compare_in(HalfFormat format, const sw::TransformerConfig& model) {
  TrainingWay way = way_of(model);
  way.format = format;
  compare_gpt(model, way);
}

/// RMS norms, rotary positions, SwiGLU, no biases.
sw::TransformerConfig small_llama(int width, int heads, int layers = 1) {
  sw::TransformerConfig model = small_gpt(width, heads, layers);
  model.norm = "RMSNorm";
  model.nonlinearity = "SwiGLU";
  model.positions = sw::Positions::rotary;
  model.rotary.base = 100;
  model.bias.projections = model.bias.attention_output = model.bias.ffn = false;
  return model;
}

/// Grouped queries: `queries` heads to a head of keys.
sw::TransformerConfig grouped_llama(int width, int heads, int queries, int layers = 1) {
  sw::TransformerConfig model = small_llama(width, heads, layers);
  model.num_kv_heads = heads / queries;
  return model;
}

void compare_residuals(int features, int width, const char* norm, const char* activation, TrainingWay way = {}) {
  const NoisyPatterns patterns(features, 7);
  way.batch = 24;
  compare(residual_network(features, width, norm, activation), patterns, way, 0.002);
}

}  // namespace

TEST_CASE("a GPT of one layer") { compare_gpt(small_gpt(12, 2), way_of(small_gpt(12, 2))); }
TEST_CASE("a GPT of two layers") { compare_gpt(small_gpt(32, 4, 2), way_of(small_gpt(32, 4, 2), 4)); }
TEST_CASE("a GPT in bf16") { compare_in(HalfFormat::bf16, small_gpt(16, 2, 2)); }
TEST_CASE("a GPT in cb16") { compare_in(HalfFormat::cb16, small_gpt(16, 2, 2)); }
TEST_CASE("a Llama in bf16") { compare_in(HalfFormat::bf16, small_llama(16, 2)); }
TEST_CASE("a Llama in cb16") { compare_in(HalfFormat::cb16, small_llama(16, 2)); }
TEST_CASE("a GPT on three systems") {
  TrainingWay way = way_of(small_gpt(12, 3));
  way.systems = 3;
  compare_gpt(small_gpt(12, 3), way);
}
TEST_CASE("a GPT on two systems in three micro-batches") {
  TrainingWay way = way_of(small_gpt(12, 2, 2), 12);
  way.systems = 2;
  way.micro_batches = 3;
  compare_gpt(small_gpt(12, 2, 2), way);
}
TEST_CASE("a GPT on two lanes, two threads") {
  TrainingWay way = way_of(small_gpt(20, 4));
  way.wishes.lanes = 2;
  way.threads = 2;
  compare_gpt(small_gpt(20, 4), way);
}
TEST_CASE("a GPT on a wafer that is cut") {
  TrainingWay way = way_of(small_gpt(12, 3));
  way.cut = {2, 2};
  compare_gpt(small_gpt(12, 3), way);
}
TEST_CASE("a GPT with RMSNorm, ReLU, without a bias but the last") {
  sw::TransformerConfig model = small_gpt(12, 2, 2);
  model.norm = "RMSNorm";
  model.nonlinearity = "ReLU";
  model.bias.projections = model.bias.attention_output = model.bias.ffn = false;
  model.bias.output = true;
  TrainingWay way = way_of(model);
  way.micro_batches = 2;
  compare_gpt(model, way);
}
TEST_CASE("a GPT with GELU's tanh form, keys without bias, a cut of three rows") {
  sw::TransformerConfig model = small_gpt(12, 4);
  model.nonlinearity = "GELU_tanh";
  model.bias.projections = false;
  TrainingWay way = way_of(model);
  way.cut = {3, 1};
  compare_gpt(model, way);
}
TEST_CASE("a GPT with heads of uneven rows and sequences of uneven columns") {
  const sw::TransformerConfig model = small_gpt(21, 3);
  TrainingWay way = way_of(model, 3);
  way.mapping = hw::Mapping{{11, 18}, 1};
  compare_gpt(model, way);
}
TEST_CASE("a GPT whose heads have one feature each, of one sequence of one token") {
  sw::TransformerConfig model = small_gpt(5, 5);
  model.sequence_length = 1;
  compare_gpt(model, way_of(model, 8));
}

TEST_CASE("a BERT of two layers, of whose tokens a third have labels") {
  compare_bert(small_bert(16, 2, 2), way_of(small_bert(16, 2, 2)));
}
TEST_CASE("a BERT on two systems in three micro-batches, its sequences padded") {
  sw::TransformerConfig model = small_bert(12, 3);
  model.encoder.padded = true;
  TrainingWay way = way_of(model, 12);
  way.systems = 2;
  way.micro_batches = 3;
  compare_bert(model, way);
}
TEST_CASE("a BERT with its norms first, on two lanes of a wafer that is cut, its sequences padded") {
  sw::TransformerConfig model = small_bert(24, 2);
  model.encoder.padded = model.encoder.norm_first = true;
  TrainingWay way = way_of(model, 6);
  way.wishes.lanes = 2;
  way.cut = {2, 2};
  compare_bert(model, way);
}
TEST_CASE("a GPT whose tokens reach three keys back") {
  sw::TransformerConfig model = small_gpt(12, 2, 2);
  model.reach = 3;
  compare_gpt(model, way_of(model));
}
TEST_CASE("a GPT with dropout") { compare_gpt(test::with_dropout(small_gpt(12, 2, 2)), way_of(small_gpt(12, 2, 2))); }
TEST_CASE("a GPT with dropout on two systems in three micro-batches, two lanes, a wafer that is cut") {
  const sw::TransformerConfig model = test::with_dropout(small_gpt(12, 2));
  TrainingWay way = way_of(model, 12);
  way.systems = 2;
  way.micro_batches = 3;
  way.wishes.lanes = 2;
  way.cut = {2, 2};
  compare_gpt(model, way);
}
TEST_CASE("a Llama with dropout of attention alone") {
  sw::TransformerConfig model = small_llama(16, 2, 2);
  model.dropout.attention = 0.25;
  compare_gpt(model, way_of(model));
}
TEST_CASE("grouped queries with dropout of attention, on two lanes, in three micro-batches") {
  sw::TransformerConfig model = grouped_llama(24, 6, 2);
  model.dropout.attention = 0.25;
  TrainingWay way = way_of(model, 12);
  way.mapping = hw::Mapping{{11, 6}, 2};
  way.micro_batches = 3;
  compare_gpt(model, way);
}
TEST_CASE("a GPT whose output is its embedding") {
  sw::TransformerConfig model = small_gpt(12, 2, 2);
  model.tied = true;
  compare_gpt(model, way_of(model));
}
TEST_CASE("a GPT whose output is its embedding, on two systems in three micro-batches") {
  sw::TransformerConfig model = small_gpt(12, 3);
  model.tied = true;
  TrainingWay way = way_of(model, 12);
  way.systems = 2;
  way.micro_batches = 3;
  compare_gpt(model, way);
}
TEST_CASE("a BERT whose output is its embedding, its sequences padded") {
  sw::TransformerConfig model = small_bert(16, 2);
  model.tied = model.encoder.padded = true;
  model.bias.output = false;
  compare_bert(model, way_of(model));
}
TEST_CASE("a Llama whose output is its embedding, on two lanes") {
  sw::TransformerConfig model = small_llama(20, 2);
  model.tied = true;
  TrainingWay way = way_of(model);
  way.wishes.lanes = 2;
  compare_gpt(model, way);
}

TEST_CASE("a Llama of two layers") { compare_gpt(small_llama(16, 2, 2), way_of(small_llama(16, 2, 2))); }
TEST_CASE("a Llama on two systems in three micro-batches, on a wafer that is cut") {
  TrainingWay way = way_of(small_llama(12, 3), 12);
  way.systems = 2;
  way.micro_batches = 3;
  way.cut = {2, 2};
  compare_gpt(small_llama(12, 3), way);
}
TEST_CASE("a Llama on two lanes with sequences of uneven columns") {
  const sw::TransformerConfig model = small_llama(24, 2);
  TrainingWay way = way_of(model, 6);
  way.mapping = hw::Mapping{{11, 6}, 2};
  compare_gpt(model, way);
}

TEST_CASE("grouped queries, two to a head of keys, two layers") {
  compare_gpt(grouped_llama(16, 4, 2, 2), way_of(small_llama(16, 4, 2)));
}
TEST_CASE("one head of keys for six of queries, on two systems, cut") {
  TrainingWay way = way_of(grouped_llama(24, 6, 6), 8);
  way.systems = 2;
  way.cut = {2, 2};
  compare_gpt(grouped_llama(24, 6, 6), way);
}
TEST_CASE("grouped queries on two lanes with sequences of uneven columns") {
  TrainingWay way = way_of(grouped_llama(24, 6, 3), 6);
  way.mapping = hw::Mapping{{11, 4}, 2};
  compare_gpt(grouped_llama(24, 6, 3), way);
}
TEST_CASE("ALiBi: three heads, each with a slope of its own") {
  sw::TransformerConfig model = small_gpt(24, 3, 2);
  model.positions = sw::Positions::linear_bias;
  compare_gpt(model, way_of(model));
}
TEST_CASE("ALiBi with grouped queries, on two systems, cut") {
  sw::TransformerConfig model = grouped_llama(24, 6, 3);
  model.positions = sw::Positions::linear_bias;
  TrainingWay way = way_of(model, 8);
  way.systems = 2;
  way.cut = {2, 2};
  compare_gpt(model, way);
}
TEST_CASE("a GPT-NeoX: parallel blocks, a part of each head turned") {
  sw::TransformerConfig model = small_gpt(24, 3, 2);
  model.positions = sw::Positions::rotary;
  model.rotary.base = 100;
  model.rotary.features = 2;
  model.parallel = true;
  compare_gpt(model, way_of(model));
}
TEST_CASE("a GPT-J: parallel blocks of one norm") {
  sw::TransformerConfig model = small_gpt(24, 2, 2);
  model.positions = sw::Positions::rotary;
  model.rotary.base = 100;
  model.rotary.features = 4;
  model.parallel = true;
  model.ffn_norm = model.bias.projections = model.bias.attention_output = false;
  model.bias.output = true;
  compare_gpt(model, way_of(model));
}

TEST_CASE("residuals and layer norms") { compare_residuals(19, 13, "LayerNorm", "GELU"); }
TEST_CASE("residuals and RMS norms, GELU's tanh form") { compare_residuals(19, 13, "RMSNorm", "GELU_tanh"); }
TEST_CASE("residuals and layer norms, ReLU") { compare_residuals(5, 11, "LayerNorm", "ReLU"); }
TEST_CASE("residuals and norms with features over columns") {
  TrainingWay way;
  way.wishes.features_over = sw::FeaturesOver::columns;
  compare_residuals(19, 13, "LayerNorm", "GELU", way);
}
TEST_CASE("residuals and norms with features over columns, two systems, two micro-batches") {
  TrainingWay way;
  way.wishes.features_over = sw::FeaturesOver::columns;
  way.systems = way.micro_batches = 2;
  compare_residuals(19, 13, "RMSNorm", "ReLU", way);
}
TEST_CASE("residuals and norms on more rows than features") {
  TrainingWay way;
  way.mapping = hw::Mapping{{4, 30}, 1};
  compare_residuals(6, 11, "LayerNorm", "GELU", way);
}
TEST_CASE("residuals and norms on five lanes with uneven shares") {
  TrainingWay way;
  way.wishes.lanes = 5;
  compare_residuals(19, 13, "LayerNorm", "GELU", way);
}
TEST_CASE("residuals and norms on a cut of three rows and two columns") {
  TrainingWay way;
  way.wishes.lanes = 1;
  way.cut = {3, 2};
  compare_residuals(19, 13, "RMSNorm", "GELU", way);
}
