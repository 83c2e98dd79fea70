#pragma once
// Checkpoints: HDF5 files named checkpoint_<global step>.mdl.
//   one dataset per tensor (fp32):  model.<layer>.weight, model.<layer>.bias, optimizer.<layer>.weight.<state>, ...
//   scalars:                        global_step, loss_scale.scale, loss_scale.finite_steps, optimizer.<layer>.step (int64, double)
//   root attributes:                format ("weft-checkpoint"), format_version, model (JSON: layers and shapes), complete
// Written under a temporary name in the same folder, marked complete, closed and renamed: a file that has its final
// name is whole. Readable with h5py.
#include <filesystem>
#include <optional>

#include "hw/spec/training_state.h"

namespace weft::sw {

/// Writes `state` to <folder>/checkpoint_<global step>.mdl and returns the path; an existing file of that name is
/// replaced. Throws UsageError (path and reason) if it cannot be written; nothing half-written stays behind.
std::filesystem::path write_checkpoint(const std::filesystem::path& folder, const hw::TrainingState& state);

/// Reads a checkpoint of a network with these layers. Throws UsageError that names the file and the dataset: not there,
/// not HDF5, truncated, not marked complete, another format version; a tensor missing (and the nearest that is there),
/// of another shape or type. Optimizer state of another optimizer is an error too.
hw::TrainingState read_checkpoint(const std::filesystem::path& file, const std::vector<hw::MatrixLayer>& layers, const hw::OptimizerSpec& optimizer);

/// The checkpoint with the highest step in `folder`; none if there is none.
std::optional<std::filesystem::path> latest_checkpoint(const std::filesystem::path& folder);

}  // namespace weft::sw
