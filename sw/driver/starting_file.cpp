#include "sw/driver/starting_file.h"

#include <fmt/format.h>

#include "sw/checkpoint/checkpoint.h"
#include "tlm/base/error.h"

namespace weft::sw {

namespace {

namespace fs = std::filesystem;

fs::path newest_in(const std::string& flag, const fs::path& folder) {
  const auto checkpoints = checkpoints_in(folder);
  if (checkpoints.empty()) throw UsageError(fmt::format("{}: {} holds no checkpoint", flag, folder.string()));
  return checkpoints.front();
}

/// Whose checkpoint the newest of a folder is. A damaged one must not end a run that has an older one.
std::string run_of(const fs::path& newest, const fs::path& folder) {
  try {
    return read_identity(newest).run_id;
  } catch (const UsageError& error) {
    const auto all = checkpoints_in(folder);
    if (all.size() < 2) throw;
    throw UsageError(fmt::format("{}\nMove it away, and --resume goes on from {}", error.what(), all[1].string()));
  }
}

}  // namespace

fs::path file_or_newest(const std::string& flag, const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error) ? newest_in(flag, path) : path;
}

fs::path starting_file(const RunSettings& settings, const RunFolder* folder) {
  if (!settings.initial_weights.empty()) {
    if (settings.resume || !settings.checkpoint.empty())
      throw UsageError("--initial_weights starts anew; it excludes --resume and --checkpoint_path");
    return file_or_newest("--initial_weights", settings.initial_weights);
  }
  if (!settings.checkpoint.empty()) return file_or_newest("--checkpoint_path", settings.checkpoint);
  if (!settings.resume) return {};
  if (settings.model_dir.empty()) throw UsageError("--resume: say which run's folder with -o (--model_dir)");
  fs::path newest = newest_in("--resume", settings.model_dir);
  if (!folder || !folder->before() || folder->before()->run_id.empty()) return newest;
  const std::string own = folder->before()->run_id, found = run_of(newest, settings.model_dir);
  if (!found.empty() && found != own)
    throw UsageError(
        fmt::format("--resume: {} is a checkpoint of run {}, the folder is that of run {}. Move it away, or start from "
                    "it with --checkpoint_path in a folder of its own",
                    newest.string(), found, own));
  return newest;
}

}  // namespace weft::sw
