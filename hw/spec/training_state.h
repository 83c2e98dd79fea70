#pragma once
// Everything that a training run must keep to go on bit-exactly: what MemoryX starts from, what a checkpoint carries.
#include <cstdint>
#include <string>
#include <vector>

#include "hw/spec/job.h"

namespace weft::hw {

/// One fp32 tensor of a layer, row-major.
struct StateTensor {
  std::string name;                 ///< weight, bias, or <optimizer state>.weight, <optimizer state>.bias
  std::vector<std::int64_t> shape;  ///< weight: {outputs, inputs}; bias: {outputs}; of a norm both {inputs}
  std::vector<float> values;
};

struct LayerState {
  std::string layer;                 ///< MatrixLayer::name
  std::vector<StateTensor> tensors;  ///< MatrixLayer::tensors(), then per optimizer state as many
  std::int64_t updates = 0;          ///< updates done: Adam's step; a layer skipped by loss scaling lags behind
};

struct TrainingState {
  std::int64_t global_step = 0;
  std::vector<LayerState> layers;  ///< in the order of Job::layers
  double loss_scale = 1;
  std::int64_t finite_steps = 0;  ///< since the last change of a dynamic loss scale
};

/// State tensors of an optimizer per parameter tensor, by the names PyTorch gives them:
/// none for sgd, momentum_buffer, or exp_avg and exp_avg_sq.
std::vector<std::string> optimizer_state_names(const OptimizerSpec& optimizer);

/// A layer's tensors in the order of LayerState::tensors, all zero.
std::vector<StateTensor> state_tensors(const MatrixLayer& layer, const OptimizerSpec& optimizer);

/// State at the start of a job: all tensors zero (the caller fills in the weights), no updates, the job's first step
/// and initial loss scale.
TrainingState initial_state(const Job& job);

/// Payload of a layer's checkpoint block: the tensors' values back to back, fp32.
std::vector<std::uint8_t> pack_layer(const LayerState& state);
/// Inverse of pack_layer but for `updates`. Throws SimulationError if the size is wrong.
LayerState unpack_layer(const MatrixLayer& layer, const OptimizerSpec& optimizer,
                        const std::vector<std::uint8_t>& payload);

/// Payload of the block that closes a checkpoint (its tag's layer is the number of layers): global step, finite steps
/// (int64), loss scale (double), then the updates of each layer (int64).
std::vector<std::uint8_t> pack_run_state(const TrainingState& state);
/// Inverse of pack_run_state into `state`, whose layers are there. Throws SimulationError if the size is wrong.
void unpack_run_state(const std::vector<std::uint8_t>& payload, TrainingState& state);

}  // namespace weft::hw
