#include "sw/driver/weight_export.h"

#include <fmt/format.h>

#include <cstdio>

#include "sw/checkpoint/checkpoint.h"
#include "sw/driver/job_builder.h"
#include "sw/driver/model_of_checkpoint.h"
#include "sw/driver/run_folder.h"
#include "sw/driver/run_text.h"
#include "sw/driver/starting_file.h"
#include "sw/exchange/huggingface_weights.h"
#include "tlm/base/error.h"
#include "tlm/base/yaml_source.h"

namespace weft::sw {

namespace fs = std::filesystem;

int export_weights(const fs::path& checkpoint, const fs::path& to) {
  if (!is_safetensors(to))
    throw UsageError(fmt::format("weft export -o {}: the file's name must end in .safetensors", to.string()));
  const fs::path from = file_or_newest("weft export", checkpoint);
  const ModelConfig config = model_of(read_identity(from), from).config;
  const TransformerConfig* transformer = config.model.transformer();
  if (!transformer) throw UsageError(fmt::format("{}: no transformer; only these are exported", from.string()));
  const std::string description = huggingface_config(*transformer);
  hw::TrainingState state = initial_state(config);
  read_weights(from, state);
  const fs::path folder = to.parent_path(), description_file = folder / "config.json";
  std::error_code ignored;
  if (fs::exists(description_file, ignored) && read_text_file(description_file) != description)
    throw UsageError(fmt::format("{}: is there already, and of another model", description_file.string()));
  if (!folder.empty()) fs::create_directories(folder, ignored);
  write_whole(to, safetensors_bytes(huggingface_weights(*transformer, state), {{"format", "pt"}}));
  write_whole(description_file, description);
  std::string also;
  const fs::path vocabulary = from.parent_path() / vocabulary_file;
  if (fs::exists(vocabulary, ignored) && !fs::equivalent(from.parent_path(), folder.empty() ? "." : folder, ignored)) {
    write_whole(folder / vocabulary_file, read_text_file(vocabulary));
    also = fmt::format(" and {}", vocabulary_file);
  }
  std::fputs(fmt::format("{} of {}, with config.json{} beside it\n", to.string(), from.string(), also).c_str(), stdout);
  return 0;
}

}  // namespace weft::sw
