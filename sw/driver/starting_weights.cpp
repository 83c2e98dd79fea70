#include "sw/driver/starting_weights.h"

#include <fmt/format.h>

#include "sw/checkpoint/checkpoint.h"
#include "sw/exchange/huggingface_weights.h"
#include "tlm/base/error.h"

namespace weft::sw {

void take_weights(const std::filesystem::path& file, const ModelConfig& config, hw::TrainingState& state) {
  if (!is_safetensors(file)) return read_weights(file, state);
  const TransformerConfig* transformer = config.model.transformer();
  if (!transformer)
    throw UsageError(fmt::format("{}: a fully connected network's weights are read from HDF5 files", file.string()));
  take_huggingface_weights(file.string(), read_safetensors(file), *transformer, state);
}

bool is_weights_alone(const std::filesystem::path& file) { return is_safetensors(file) || holds_only_weights(file); }

}  // namespace weft::sw
