#pragma once
// From a model's configuration and its plan to the job that the cluster walks.
#include "hw/spec/job.h"
#include "hw/spec/training_state.h"
#include "sw/compiler/planner.h"
#include "sw/graph/model_file.h"

namespace weft::sw {

/// `eval_samples`: size of the evaluation set (0 if no stage evaluates). `first_step`: training steps done before.
/// max_steps counts from the very first step: a resumed run does what is left.
/// Throws UsageError if nothing is left to do or eval_steps asks for more than there is.
/// `layers`: of the run, with their masks.
hw::Job build_job(const ModelConfig& config, const std::vector<hw::MatrixLayer>& layers, const Plan& plan,
                  std::int64_t first_step, std::int64_t eval_samples);

/// The state before the first step: PyTorch's distribution from the model's seed, optimizer state zero.
hw::TrainingState initial_state(const ModelConfig& config);

}  // namespace weft::sw
