#pragma once
// Plays a job on the cluster: files in, log, checkpoints and report out.
#include "sw/driver/run_settings.h"

namespace weft::sw {

/// Runs the settings' job to its end, or until a signal asks it to stop: to the end of the step under way, or inside it
/// if that takes long. Returns the exit code 0. Throws UsageError before anything is simulated if an input cannot be
/// used; SimulationError if the run cannot go on or its loss is no number, and UsageError if an output cannot be
/// written, once what was done is written.
int run_training(const RunSettings& settings);

}  // namespace weft::sw
