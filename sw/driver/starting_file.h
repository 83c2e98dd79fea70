#pragma once
// The checkpoint that a run starts from.
#include <filesystem>

#include "sw/driver/run_settings.h"

namespace weft::sw {

/// That of --initial_weights or --checkpoint_path, with --resume the latest of the run's folder; empty: the run starts
/// from its seed. Throws UsageError if they exclude each other, or there is nothing to resume.
std::filesystem::path starting_file(const RunSettings& settings);

}  // namespace weft::sw
