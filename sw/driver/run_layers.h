#pragma once
// The layers of a run with their masks.
#include <filesystem>
#include <vector>

#include "hw/spec/training_state.h"
#include "sw/graph/model_file.h"

namespace weft::sw {

/// The layers of the matched model, and of each sparse one which weights are kept: drawn with the model's seed, or what
/// is not zero in the checkpoint `start` that the run starts from. Throws UsageError if that is asked for and `start`
/// is empty.
std::vector<hw::MatrixLayer> layers_of_run(const ModelConfig& config, const std::filesystem::path& start);

/// Takes the weights that `layers` do not keep, and their optimizer state, out of `state`.
void prune(const std::vector<hw::MatrixLayer>& layers, hw::TrainingState& state);

/// Throws UsageError that names the layer and the weight if `state` has a value where `layers` keep no weight: it was
/// trained with another mask.
void require_pruned(const std::vector<hw::MatrixLayer>& layers, const hw::TrainingState& state);

}  // namespace weft::sw
