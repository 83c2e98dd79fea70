#pragma once
// Weights that a run begins with, from a file of any kind that is read.
#include <filesystem>

#include "hw/spec/training_state.h"
#include "sw/graph/model_file.h"

namespace weft::sw {

/// Puts the weights of `file` into `state`, whose layers are there: a checkpoint or another HDF5 file (read_weights()),
/// or a transformer's model.safetensors (take_huggingface_weights()). Throws UsageError as these.
void take_weights(const std::filesystem::path& file, const ModelConfig& config, hw::TrainingState& state);

/// Whether a run can only begin with it: it has no step and no optimizer state.
bool is_weights_alone(const std::filesystem::path& file);

}  // namespace weft::sw
