// Question: is a graph with residuals, norms and attention trained to the same bits in the same time, whatever the
// simulation leaves out, cuts or does at once; and do its launches do the same as PE programs?
#include <catch2/catch.hpp>

#include <map>

#include "tests/support/program_runs.h"
#include "tests/support/training_graphs.h"
#include "tests/support/training_state.h"

using namespace weft;
using test::CountedWords;
using test::GraphTraining;
using test::NoisyPatterns;
using test::residual_network;
using test::TrainingWay;

namespace {

/// The ways of simulating one training.
struct Simulations {
  Simulations(const sw::OperationGraph& graph, const test::TrainingTokens& tokens, const TrainingWay& way)
      : usual(graph, tokens, way),
        all(graph, tokens, changed(way, [](TrainingWay& to) { to.fast_forward = false; })),
        times(graph, tokens, changed(way, [](TrainingWay& to) { to.timing_only = true; })),
        cut(graph, tokens,
            changed(way,
                    [](TrainingWay& to) {
                      to.cut = {2, 3};
                    })),
        threads(graph, tokens, changed(way, [](TrainingWay& to) { to.threads = 2; })) {}

  void check() {
    for (GraphTraining* training : {&usual, &all, &times, &cut, &threads}) training->run();
    CHECK(usual.ends().size() == static_cast<std::size_t>(usual.results().size()));
    CHECK(usual.ends().front() > 0);
    CHECK(all.ends() == usual.ends());
    CHECK(times.ends() == usual.ends());
    CHECK(cut.ends() == usual.ends());
    CHECK(threads.ends() == usual.ends());
    for (const GraphTraining* other : {&all, &cut, &threads}) {
      CHECK(test::same_bits(other->state(), usual.state()));
      for (int step = 0; step < static_cast<int>(usual.results().size()); ++step)
        CHECK(other->loss(step) == usual.loss(step));
    }
    CHECK(usual.parameters() != usual.initial_parameters());
  }

  template <typename Change>
  static TrainingWay changed(TrainingWay way, Change&& change) {
    change(way);
    return way;
  }

  GraphTraining usual, all, times, cut, threads;
};

TrainingWay adam(int batch, int sample_tokens = 1) {
  TrainingWay way;
  way.batch = batch;
  way.sample_tokens = sample_tokens;
  way.steps = 4;
  way.optimizer = hw::OptimizerKind::adam;
  way.rate = 0.01;
  return way;
}

void check_gpt(const sw::TransformerConfig& model, const TrainingWay& way) {
  const CountedWords words(model.vocab_size, model.max_position_embeddings, model.sequence_length);
  Simulations(sw::transformer_graph(model), words, way).check();
}

void check_residuals(const char* norm, const char* activation, const TrainingWay& way) {
  const NoisyPatterns patterns(19, 7);
  Simulations(residual_network(19, 13, norm, activation), patterns, way).check();
}

/// Launches of attention run in each head and sequence, all others once.
void check_programs(const sw::OperationGraph& graph, const test::TrainingTokens& tokens, TrainingWay way, int heads) {
  way.steps = 2;
  GraphTraining usual(graph, tokens, way);
  test::ProgramRuns programs(usual.machine());
  way.fast_forward = false;
  programs.watch(way);
  GraphTraining watched(graph, tokens, way);
  usual.run();
  watched.run();
  CHECK(watched.ends() == usual.ends());
  CHECK(test::same_bits(watched.state(), usual.state()));
  std::map<hw::KernelKind, int> launches;
  for (const hw::Launch& launch : usual.job().train_launches) {
    const hw::Kernel& kernel = hw::kernel_of(launch.kind);
    launches[launch.kind] += way.steps * (kernel.by_key || kernel.makes_scores ? heads * way.batch : 1);
  }
  for (const auto& [kind, count] : launches) {
    INFO(hw::kernel_name(kind));
    CHECK(programs.runs[kind] == count);
  }
}

void check_programs(const char* norm, const char* activation, const TrainingWay& way) {
  const NoisyPatterns patterns(19, 7);
  check_programs(residual_network(19, 13, norm, activation), patterns, way, 0);
}

void check_gpt_programs(HalfFormat format) {
  const sw::TransformerConfig model = test::small_gpt(12, 2);
  const CountedWords words(model.vocab_size, model.max_position_embeddings, model.sequence_length);
  TrainingWay way = adam(2, 8);
  way.format = format;
  way.mapping = hw::Mapping{{4, 4}, 1};
  check_programs(sw::transformer_graph(model), words, way, model.num_heads);
}

}  // namespace

TEST_CASE("a GPT: two systems, two lanes, two micro-batches") {
  TrainingWay way = adam(8, 8);
  way.systems = way.micro_batches = way.wishes.lanes = 2;
  check_gpt(test::small_gpt(12, 2, 2), way);
}
TEST_CASE("a GPT with dropout: two systems, two lanes, two micro-batches") {
  sw::TransformerConfig model = test::small_gpt(12, 2, 2);
  model.dropout.residual = model.dropout.embedding = model.dropout.attention = 0.3;
  TrainingWay way = adam(8, 8);
  way.systems = way.micro_batches = way.wishes.lanes = 2;
  check_gpt(model, way);
}
TEST_CASE("a GPT: heads of uneven rows, sequences of uneven columns") {
  TrainingWay way = adam(3, 8);
  way.mapping = hw::Mapping{{11, 18}, 1};
  check_gpt(test::small_gpt(21, 3), way);
}
TEST_CASE("residuals: two systems, two micro-batches") {
  TrainingWay way = adam(24);
  way.systems = way.micro_batches = 2;
  check_residuals("LayerNorm", "GELU", way);
}
TEST_CASE("residuals: five lanes with uneven shares") {
  TrainingWay way = adam(24);
  way.wishes.lanes = 5;
  check_residuals("RMSNorm", "ReLU", way);
}
TEST_CASE("residuals: features over columns") {
  TrainingWay way = adam(24);
  way.wishes.features_over = sw::FeaturesOver::columns;
  check_residuals("RMSNorm", "GELU_tanh", way);
}
TEST_CASE("residuals: more rows than features") {
  TrainingWay way = adam(24);
  way.mapping = hw::Mapping{{4, 30}, 1};
  check_residuals("LayerNorm", "ReLU", way);
}

TEST_CASE("launches of residuals as PE programs") {
  TrainingWay way = adam(24);
  way.mapping = hw::Mapping{{6, 4}, 1};
  check_programs("LayerNorm", "GELU", way);
}
TEST_CASE("launches of residuals as PE programs, features over columns") {
  TrainingWay way = adam(24);
  way.mapping = hw::Mapping{{6, 4}, 1, hw::FeatureAxis::columns};
  check_programs("RMSNorm", "ReLU", way);
}
TEST_CASE("launches of a GPT with dropout as PE programs") {
  sw::TransformerConfig model = test::small_gpt(12, 2);
  model.dropout.residual = model.dropout.embedding = model.dropout.attention = 0.3;
  const CountedWords words(model.vocab_size, model.max_position_embeddings, model.sequence_length);
  TrainingWay way = adam(2, 8);
  way.mapping = hw::Mapping{{4, 4}, 1};
  check_programs(sw::transformer_graph(model), words, way, model.num_heads);
}
TEST_CASE("launches of a GPT as PE programs") { check_gpt_programs(HalfFormat::fp16); }
TEST_CASE("launches of a GPT as PE programs, bf16") { check_gpt_programs(HalfFormat::bf16); }
TEST_CASE("launches of a GPT as PE programs, cb16") { check_gpt_programs(HalfFormat::cb16); }
