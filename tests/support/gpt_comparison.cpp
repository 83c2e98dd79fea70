#include "tests/support/gpt_comparison.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>

#include "tests/support/program_runs.h"
#include "tests/support/training_state.h"

namespace weft::test {

CountedWords words_of(const sw::TransformerConfig& model) {
  return {model.vocab_size, model.learned_positions() ? model.max_position_embeddings : 0, model.sequence_length};
}

std::unique_ptr<TrainingTokens> tokens_of(const sw::TransformerConfig& model) {
  if (model.family == sw::TransformerFamily::decoder) return std::make_unique<CountedWords>(words_of(model));
  const auto& encoder = model.encoder;
  return std::make_unique<MaskedWords>(words_of(model), model.sequence_length, encoder.padded, encoder.segments,
                                       encoder.next_sentences);
}

void compare_with_doubles(const sw::TransformerConfig& model, const TrainingWay& way) {
  const std::unique_ptr<TrainingTokens> words = tokens_of(model);
  const sw::OperationGraph graph = sw::transformer_graph(model);
  TrainingWay once = way;
  once.steps = 1;
  once.rate = 1;
  GraphTraining gradients(graph, *words, once), training(graph, *words, way);
  const double coarse = std::ldexp(1.0, static_cast<int>(way.format) - 5);  // a rounding beside fp16's
  double worst = 0;
  for (const GradientError& error : gradient_errors(gradients)) {
    INFO(error.name);
    if (error.is_zero()) {
      CHECK(error.difference < 0.001 * error.largest);
      continue;
    }
    CHECK(error.relative() < 0.01 * coarse);
    worst = std::max(worst, error.relative());
  }
  const TrackedTraining run = tracked(training);
  std::fputs(fmt::format("worst gradient {:.5f}; loss {:.4f} -> {:.4f}, mean difference {:.6f}; worst weight {:.6f}\n",
                         worst, run.first_loss, run.last_loss, run.loss, run.weight)
                 .c_str(),
             stdout);
  CHECK(run.last_loss < run.first_loss);
  CHECK(run.loss < 0.001 * coarse);
  CHECK(run.weight < 0.002 * coarse);
}

void compare_with_programs(const sw::TransformerConfig& model, TrainingWay way,
                           const std::vector<hw::KernelKind>& kinds) {
  const std::unique_ptr<TrainingTokens> words = tokens_of(model);
  const sw::OperationGraph graph = sw::transformer_graph(model);
  way.steps = 1;
  GraphTraining usual(graph, *words, way);
  ProgramRuns programs(usual.machine());
  way.fast_forward = false;
  programs.watch(way);
  GraphTraining watched(graph, *words, way);
  usual.run();
  watched.run();
  CHECK(watched.ends() == usual.ends());
  CHECK(same_bits(watched.state(), usual.state()));
  for (const hw::KernelKind kind : kinds) {
    INFO(hw::kernel_name(kind));
    CHECK(programs.runs[kind] >= model.num_heads / model.queries() * way.batch);
  }
}

void compare_ways(const sw::TransformerConfig& model, const TrainingWay& way) {
  const std::unique_ptr<TrainingTokens> words = tokens_of(model);
  const sw::OperationGraph graph = sw::transformer_graph(model);
  TrainingWay all = way, threads = way, cut = way, times = way;
  all.fast_forward = false;
  threads.threads = 2;
  cut.cut = {2, 3};
  times.timing_only = true;
  GraphTraining usual(graph, *words, way), simulated(graph, *words, all), by_two(graph, *words, threads),
      parts(graph, *words, cut), timed(graph, *words, times);
  for (GraphTraining* training : {&usual, &simulated, &by_two, &parts, &timed}) training->run();
  CHECK(timed.ends() == usual.ends());
  for (const GraphTraining* other : {&simulated, &by_two, &parts}) {
    CHECK(other->ends() == usual.ends());
    CHECK(same_bits(other->state(), usual.state()));
  }
}

}  // namespace weft::test
