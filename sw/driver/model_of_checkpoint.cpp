#include "sw/driver/model_of_checkpoint.h"

#include <fmt/format.h>

#include "tlm/base/error.h"

namespace weft::sw {

ModelFile model_of(const CheckpointIdentity& from, const std::filesystem::path& file) {
  if (from.settings.count("train_input.data_processor") == 0)
    throw UsageError(
        fmt::format("{}: does not say what its model is; only checkpoints of this program do", file.string()));
  std::vector<std::string> keys;
  for (const auto& [path, value] : from.settings)
    if (path.rfind("model.", 0) == 0 || path == "train_input.data_processor" || path == "train_input.tokenizer" ||
        path == "train_input.max_sequence_length")
      keys.push_back(fmt::format("{}={}", path, value));
  return parse_model("{train_input: {batch_size: 1}, optimizer: {learning_rate: 0}, runconfig: {mode: eval}}", file,
                     keys);
}

ModelFile text_model_of(const CheckpointIdentity& from, const std::filesystem::path& file) {
  const auto found = from.settings.find("train_input.data_processor");
  if (found != from.settings.end() && found->second != "text")
    throw UsageError(
        fmt::format("{}: was trained with data_processor {}; only a model that was trained on a text "
                    "(data_processor: text) can write one",
                    file.string(), found->second));
  return model_of(from, file);
}

}  // namespace weft::sw
