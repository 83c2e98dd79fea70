#pragma once
// A launch of attention, of a whole rectangle at once, whatever its streams and its mask.
#include "hw/fabric/launch_times.h"
#include "hw/spec/machine.h"

namespace weft::hw {

/// Of a round: its elements and wavelets are those of the windows, which PEs take before it. Before anything else of
/// it. Precondition: `map` has windows and the engine is that of all its lines and positions.
void begin_windowed_round(StreamReduce& engine, const LaunchMap& map, int round);

/// Wavelets that leave a router for a link. Precondition: `map` is attention's, and its sums return.
std::int64_t attention_hops(const LaunchMap& map);

/// All rounds. The books are closed but for LaunchTimes::close(). Precondition: `map` is attention's and outlives the
/// call. Throws SimulationError if a PE's classes do not add up to its time.
LaunchTimes attention_times(const MachineSpec& machine, const LaunchMap& map);

}  // namespace weft::hw
