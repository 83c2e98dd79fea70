#pragma once
// A GPT on the simulated cluster beside double precision, and its launches beside their PE programs.
#include <vector>

#include "hw/spec/kernel_table.h"
#include "tests/support/graph_training.h"
#include "tests/support/training_graphs.h"

namespace weft::test {

CountedWords words_of(const sw::TransformerConfig& model);

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
