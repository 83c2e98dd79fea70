#pragma once
// Checkpoints: HDF5 files named checkpoint_<global step>.mdl.
//   one dataset per tensor (fp32):  model.<layer>.weight, model.<layer>.bias, optimizer.<layer>.weight.<state>, ...
//   scalars (int64, float64):       global_step, optimizer.<layer>.step (updates done), loss_scale.finite_steps,
//                                   loss_scale.scale, train_input.epoch, train_input.sample (see DataPosition)
//   spec (text):                    JSON: the names above as a tree, each leaf with dtype and shape
//   settings (text):                JSON: every setting that decides the bits of a step, by path
//   root attributes (text):         format ("weft-checkpoint"), format_version, run_id, writer, host, complete ("yes",
//                                   written last)
// The HDF5 image lies behind a seal (sealed_file.h), HDF5's user block: h5py and h5dump read the file as it is. The
// same state of the same run makes the same bytes on one host. Source of names and container: what users of the real
// machine know.
// Format version 3 is written. Versions 1 and 2 had neither settings nor a place in the data; 2 had the seeds
// (runconfig.seed, train_input.shuffle_seed), which are then all of its settings. Any other is refused.
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hw/spec/data_position.h"
#include "hw/spec/training_state.h"

namespace weft::sw {

/// Whose state a checkpoint is.
struct CheckpointIdentity {
  std::string run_id;                           ///< empty: the file does not say
  std::string writer, host;                     ///< program and machine
  std::map<std::string, std::string> settings;  ///< value by path, of all that decides the bits of a step
  std::optional<hw::DataPosition> position;     ///< none: the file does not say
};

/// Writes `state` to <folder>/checkpoint_<global step>.mdl and returns the path. A file of that name is replaced (the
/// vendor's tool appends date and time instead: here a name says all). Throws UsageError (path, the system's reason)
/// if it cannot be written; then nothing half-written stays behind and an older file of that name is as it was.
std::filesystem::path write_checkpoint(const std::filesystem::path& folder, const hw::TrainingState& state,
                                       const CheckpointIdentity& identity);

/// Reads a checkpoint of a network with these layers. Throws UsageError that names the file and what is wrong: not
/// there, not HDF5, truncated, damaged, no checkpoint, another format version, not complete; a tensor that is missing
/// (and the nearest that is there), of another shape or type, or not of this model and optimizer, all of them at once;
/// a negative count. A copy that another program made (h5py, h5repack) is read, whatever its layout, and groups count
/// as dots in names. Whose it is goes to `identity`. Only the seal shows a damaged value, and such a copy has none.
hw::TrainingState read_checkpoint(const std::filesystem::path& file, const std::vector<hw::MatrixLayer>& layers,
                                  const hw::OptimizerSpec& optimizer, CheckpointIdentity* identity = nullptr);

/// Whose a checkpoint is. Throws UsageError as read_checkpoint() does, as far as it reads.
CheckpointIdentity read_identity(const std::filesystem::path& file);

/// Puts the weights and biases of a checkpoint into `state`, whose layers are there. The file's optimizer state, step
/// and place in the data are left where they are. A file without the attribute `format` is another program's: names may
/// have groups for dots, another prefix than model., or layers that are told apart by numbers (weight_names.h); numbers
/// any floating-point format. Throws UsageError as read_checkpoint() does, as far as it reads; a weight or bias that is
/// left over is refused.
void read_weights(const std::filesystem::path& file, hw::TrainingState& state);

/// Another program's file that has no step and no optimizer state: a run can only begin with it.
bool holds_only_weights(const std::filesystem::path& file);

/// The checkpoints in `folder` by name, the one with the highest step first.
std::vector<std::filesystem::path> checkpoints_in(const std::filesystem::path& folder);

}  // namespace weft::sw
