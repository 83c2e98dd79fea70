#pragma once
// Runs the points of a sweep as processes of this program.
#include <filesystem>
#include <vector>

#include "sw/sweep/sweep_file.h"
#include "sw/sweep/sweep_folder.h"

namespace weft::sw {

struct SweepCounts {
  int done = 0, failed = 0, running = 0;  ///< running: by another process
  int stopped_by = 0;                     ///< the signal that ended the sweep before all points were done; 0: none
};

/// Runs those of `points` that are not done, `jobs` at a time, in their order; what was done is not repeated. A point
/// that has a checkpoint goes on from it. Says on stderr what ended. Before the first one starts, all that are to run
/// are checked
/// (`weft train ... --validate_only`); if one is refused none is started: UsageError with all of them;
/// a single point is noted as failed.
/// On HUP, INT, TERM, USR1 and USR2 the points that run are told to end, and count as not done.
SweepCounts run_points(const std::vector<SweepPoint>& points, const SweepFolder& folder, int jobs);

}  // namespace weft::sw
