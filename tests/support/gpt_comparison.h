#pragma once
// A GPT, or a BERT, on the simulated cluster beside double precision, and its launches beside their PE programs.
#include <memory>
#include <vector>

#include "hw/spec/kernel_table.h"
#include "tests/support/graph_training.h"
#include "tests/support/training_graphs.h"

namespace weft::test {

/// A model with rotary positions; with ALiBi; whose tokens attend to `reach` keys at most; that drops everywhere.
inline sw::TransformerConfig with_rotary(sw::TransformerConfig model) {
  model.positions = sw::Positions::rotary;
  model.rotary.base = 100;
  return model;
}
inline sw::TransformerConfig with_biases(sw::TransformerConfig model) {
  model.positions = sw::Positions::linear_bias;
  return model;
}
inline sw::TransformerConfig with_reach(sw::TransformerConfig model, int reach) {
  model.reach = reach;
  return model;
}
inline sw::TransformerConfig with_dropout(sw::TransformerConfig model) {
  model.dropout.embedding = 0.125;
  model.dropout.attention = 0.25;
  model.dropout.residual = 0.2;
  return model;
}

CountedWords words_of(const sw::TransformerConfig& model);
/// What a decoder, or an encoder, is trained on here.
std::unique_ptr<TrainingTokens> tokens_of(const sw::TransformerConfig& model);

/// Gradients of the first step, and a training; prints how far they are off. Measured: gradients by up to 0.3 %, losses
/// by 0.0006 in the mean, weights by 0.0002.
void compare_with_doubles(const sw::TransformerConfig& model, const TrainingWay& way);

/// All launches of a step as PE programs: bits and cycles. Of each of `kinds` there must be one for each head and
/// sequence at least.
void compare_with_programs(const sw::TransformerConfig& model, TrainingWay way,
                           const std::vector<hw::KernelKind>& kinds);

/// Without fast-forward, on two threads, on wafers that are cut, and as a run that only times: the same bits and
/// cycles.
void compare_ways(const sw::TransformerConfig& model, const TrainingWay& way);

}  // namespace weft::test
