#pragma once
// Checkpoints: HDF5 files named checkpoint_<global step>.mdl.
//   one dataset per tensor (fp32):  model.<layer>.weight, model.<layer>.bias, optimizer.<layer>.weight.<state>, ...
//   scalars (int64, float64):       global_step, optimizer.<layer>.step (updates done), loss_scale.finite_steps,
//                                   loss_scale.scale, runconfig.seed, train_input.shuffle_seed (-1: no shuffle)
//   spec (text):                    JSON: the names above as a tree, each leaf with dtype and shape
//   root attributes (text):         format ("weft-checkpoint"), format_version, writer, complete ("yes", written last)
// The HDF5 image lies behind a seal (sealed_file.h), HDF5's user block: h5py and h5dump read the file as it is. The
// same state makes the same bytes. Source of names and container: what users of the real machine know.
// Format version 2 is written. Version 1 had no seeds: it is read, and its seeds are not compared. Any other is
// refused.
#include <filesystem>
#include <optional>

#include "hw/spec/training_state.h"

namespace weft::sw {

/// What a run draws its random numbers from: with other values it goes on, but to other bits.
struct RunSeeds {
  std::int64_t run = 0;       ///< runconfig.seed
  std::int64_t shuffle = -1;  ///< train_input.shuffle_seed; -1: samples in the order of the file
};

/// Writes `state` to <folder>/checkpoint_<global step>.mdl and returns the path. A file of that name is replaced (the
/// vendor's tool appends date and time instead: here a name says all). Throws UsageError (path, the system's reason)
/// if it cannot be written; then nothing half-written stays behind and an older file of that name is as it was.
std::filesystem::path write_checkpoint(const std::filesystem::path& folder, const hw::TrainingState& state,
                                       const RunSeeds& seeds);

/// Reads a checkpoint of a network with these layers. Throws UsageError that names the file and what is wrong: not
/// there, not HDF5, truncated, damaged, no checkpoint, another format version, not complete; a tensor that is missing
/// (and the nearest that is there), of another shape or type, or not of this model and optimizer; a negative count.
/// With `seeds`, also a file that a run with other seeds wrote. A file without a seal (made with h5py) is read too, but
/// only the seal shows a damaged value, and HDF5 itself does not withstand every damage.
hw::TrainingState read_checkpoint(const std::filesystem::path& file, const std::vector<hw::MatrixLayer>& layers,
                                  const hw::OptimizerSpec& optimizer, const std::optional<RunSeeds>& seeds = {});

/// Puts the weights and biases of a checkpoint into `state`, whose layers are there. The file's optimizer state, step
/// and seeds are left where they are. A file without the attribute `format` is another program's (h5py): of it only the
/// datasets model.<layer>.weight and .bias are asked for. Throws UsageError as read_checkpoint() does, as far as it
/// reads.
void read_weights(const std::filesystem::path& file, hw::TrainingState& state);

/// The checkpoint with the highest step in `folder`, by name; none if there is none.
std::optional<std::filesystem::path> latest_checkpoint(const std::filesystem::path& folder);

}  // namespace weft::sw
