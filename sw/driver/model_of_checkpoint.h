#pragma once
// The model that a checkpoint's weights belong to, as the checkpoint itself says it.
#include <filesystem>
#include <string>
#include <vector>

#include "sw/checkpoint/checkpoint.h"
#include "sw/graph/model_file.h"

namespace weft::sw {

/// A text's model, set up to evaluate batches of one sequence. `file`: where `from` was read, for messages.
/// Throws UsageError: the file does not say its model, or it is none that was trained on a text.
ModelFile text_model_of(const CheckpointIdentity& from, const std::filesystem::path& file);

/// The same of any model. Throws UsageError: the file does not say its model.
ModelFile model_of(const CheckpointIdentity& from, const std::filesystem::path& file);

}  // namespace weft::sw
