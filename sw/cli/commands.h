#pragma once

namespace weft::sw {

/// Parses the command line and runs the command. Returns the exit code: 0 good, 1 a check failed, 2 usage.
/// Throws UsageError and SimulationError as the commands do.
int run_command(int argc, char* argv[]);

}  // namespace weft::sw
