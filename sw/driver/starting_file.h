#pragma once
// The checkpoint that a run starts from, and whose it is.
#include <filesystem>

#include "sw/driver/run_folder.h"
#include "sw/driver/run_settings.h"

namespace weft::sw {

/// That of --initial_weights or --checkpoint_path, with --resume the newest of the run's folder; a folder stands for
/// the newest checkpoint in it. Empty: the run starts from its seed. Throws UsageError if they exclude each other,
/// there is nothing to resume, or the newest checkpoint of the folder is not of the run that the folder holds.
/// `folder`: of the run, claimed; null if none is to be written (--compile_only).
std::filesystem::path starting_file(const RunSettings& settings, const RunFolder* folder);

/// `path`, or the newest checkpoint of the folder that it is; `flag` begins the message if it holds none.
std::filesystem::path file_or_newest(const std::string& flag, const std::filesystem::path& path);

}  // namespace weft::sw
