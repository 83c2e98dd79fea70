#pragma once
// The save file that opens a trace in GTKWave: the whole run, kernels and PEs first, each signal under its path.
#include <filesystem>
#include <string>
#include <vector>

#include "tlm/trace/trace_sink.h"

namespace weft::proto {

/// `trace`: the waveform beside it. `end`: of the run so far. `comments` are shown above the signals.
std::string gtkw_text(const std::filesystem::path& trace, const std::vector<Track>& tracks, Picosecond end,
                      const std::vector<std::string>& comments);

/// run.vcd, run.vcd.gz or run.fst -> run.gtkw.
std::filesystem::path gtkw_path(std::filesystem::path trace);

}  // namespace weft::proto
