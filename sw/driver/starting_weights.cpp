#include "sw/driver/starting_weights.h"

#include "sw/checkpoint/checkpoint.h"
#include "sw/exchange/huggingface_weights.h"

namespace weft::sw {

void take_weights(const std::filesystem::path& file, const ModelConfig& config, hw::TrainingState& state) {
  const TransformerConfig* transformer = config.model.transformer();
  if (!transformer || !is_safetensors(file)) return read_weights(file, state);
  take_huggingface_weights(file.string(), read_safetensors(file), *transformer, state);
}

bool is_weights_alone(const std::filesystem::path& file) { return is_safetensors(file) || holds_only_weights(file); }

}  // namespace weft::sw
