#pragma once
// A trained transformer for other programs.
#include <filesystem>

namespace weft::sw {

/// Writes the weights of a checkpoint (a run's folder: its newest) to `to` as safetensors under the names of Hugging
/// Face's models, beside it config.json, and the run's vocabulary where it has one. Returns the exit code 0. Throws
/// UsageError: a checkpoint that cannot be used, does not say its model, or is no such transformer's; a name that does
/// not end in .safetensors; a config.json of another model that is there already; what cannot be written.
int export_weights(const std::filesystem::path& checkpoint, const std::filesystem::path& to);

}  // namespace weft::sw
