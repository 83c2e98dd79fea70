#pragma once
// A waveform of one case: what every core did in every cycle, on tiles and on the model.
#include <filesystem>

#include "sw/crosscheck/cross_run.h"

namespace weft::sw {

/// Tracks tiles.pe_X_Y.thread0 ... and model.pe_X_Y...: the instruction that acted, counted from 1; 0: none.
/// Throws UsageError if the file cannot be written.
void write_trace(const std::filesystem::path& path, const hw::MachineSpec& machine, const hw::ArraySetup& array,
                 const CrossRuns& runs);

}  // namespace weft::sw
