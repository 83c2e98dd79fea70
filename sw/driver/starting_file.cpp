#include "sw/driver/starting_file.h"

#include <fmt/format.h>

#include "sw/checkpoint/checkpoint.h"
#include "tlm/base/error.h"

namespace weft::sw {

std::filesystem::path starting_file(const RunSettings& settings) {
  if (!settings.initial_weights.empty()) {
    if (settings.resume || !settings.checkpoint.empty())
      throw UsageError("--initial_weights starts anew; it excludes --resume and --checkpoint_path");
    return settings.initial_weights;
  }
  if (!settings.resume || !settings.checkpoint.empty()) return settings.checkpoint;
  if (settings.model_dir.empty()) throw UsageError("--resume: say which run's folder with -o (--model_dir)");
  const auto latest = latest_checkpoint(settings.model_dir);
  if (!latest) throw UsageError(fmt::format("--resume: {} holds no checkpoint", settings.model_dir.string()));
  return *latest;
}

}  // namespace weft::sw
