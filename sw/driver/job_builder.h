#pragma once
// From a model's configuration and its plan to the job that the cluster walks.
#include "hw/spec/data_position.h"
#include "hw/spec/job.h"
#include "hw/spec/training_state.h"
#include "sw/compiler/planner.h"
#include "sw/graph/model_file.h"

namespace weft::sw {

/// `eval_samples`: size of the evaluation set (0 if no stage evaluates). `first_step`: training steps done before;
/// `last_step`: of training_end(). train_and_eval evaluates at the end and, with eval_frequency, whenever the steps
/// done are a multiple of it. Throws UsageError if nothing is left to do or eval_steps asks for more than there is.
/// `layers`: of the run, with their masks.
hw::Job build_job(const ModelConfig& config, const std::vector<hw::MatrixLayer>& layers, const Plan& plan,
                  std::int64_t first_step, std::int64_t last_step, std::int64_t eval_samples);

/// Training steps done when a run of `config` ends: max_steps, or after num_epochs epochs (of steps_per_epoch steps, if
/// that is given, else of the whole data set), whichever is less; both count from the very first step and sample.
/// `samples`: of the training set. `from`: where the run begins in it, `first_step` steps done.
std::int64_t training_end(const ModelConfig& config, std::int64_t samples, hw::DataPosition from,
                          std::int64_t first_step);

/// The state before the first step: PyTorch's distribution from the model's seed, optimizer state zero.
hw::TrainingState initial_state(const ModelConfig& config);

}  // namespace weft::sw
