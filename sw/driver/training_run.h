#pragma once
// Plays a job on the cluster: files in, log, checkpoints and report out.
#include "sw/driver/run_settings.h"

namespace weft::sw {

/// Runs the settings' job to its end, or to the end of the step in which the process was asked to stop (SIGINT,
/// SIGTERM). Returns the exit code: 0, or 1 when a check of the books failed.
/// Throws UsageError before anything is simulated if an input cannot be used, SimulationError if the run cannot go on.
int run_training(const RunSettings& settings);

}  // namespace weft::sw
