#pragma once
// Checkpoints: HDF5 files named checkpoint_<global step>.mdl.
//   one dataset per tensor (fp32):  model.<layer>.weight, model.<layer>.bias, optimizer.<layer>.weight.<state>, ...
//   scalars (int64, float64):       global_step, optimizer.<layer>.step (updates done), loss_scale.finite_steps,
//                                   loss_scale.scale
//   spec (text):                    JSON: the names above as a tree, each leaf with dtype and shape
//   root attributes (text):         format ("weft-checkpoint"), format_version, writer, complete ("yes", written last)
// The HDF5 image lies behind a seal (sealed_file.h), HDF5's user block: h5py and h5dump read the file as it is. The
// same state makes the same bytes. Source of names and container: what users of the real machine know.
#include <filesystem>
#include <optional>

#include "hw/spec/training_state.h"

namespace weft::sw {

/// Writes `state` to <folder>/checkpoint_<global step>.mdl and returns the path. A file of that name is replaced (the
/// vendor's tool appends date and time instead: here a name says all). Throws UsageError (path, the system's reason)
/// if it cannot be written; then nothing half-written stays behind and an older file of that name is as it was.
std::filesystem::path write_checkpoint(const std::filesystem::path& folder, const hw::TrainingState& state);

/// Reads a checkpoint of a network with these layers. Throws UsageError that names the file and what is wrong: not
/// there, not HDF5, truncated, damaged, no checkpoint, another format version, not complete; a tensor that is missing
/// (and the nearest that is there), of another shape or type, or not of this model and optimizer; a negative count.
/// A file without a seal (made with h5py) is read too, but only the seal shows a damaged value.
hw::TrainingState read_checkpoint(const std::filesystem::path& file, const std::vector<hw::MatrixLayer>& layers,
                                  const hw::OptimizerSpec& optimizer);

/// The checkpoint with the highest step in `folder`, by name; none if there is none.
std::optional<std::filesystem::path> latest_checkpoint(const std::filesystem::path& folder);

}  // namespace weft::sw
