#pragma once
// Closed forms of a launch's length: what the planner compares, and what every report sets beside the simulated time.
#include "hw/fabric/launch_map.h"
#include "hw/spec/machine.h"

namespace weft::sw {

/// Cycles of a matrix launch whose words are at the edge in time:
///   first wavelet at the farthest PE + rounds x slowest round + chain latency + way back.
/// The slowest round is the largest of a PE's instructions (a returned sum takes what the pipeline fill leaves idle,
/// then more), the edge channel's words and the row's link. Deviation from the simulated time: tests/analytic.
Cycle predict_matrix(const hw::MachineSpec& machine, const hw::LaunchMap& map);

/// Cycles of any launch; elementwise kernels and the loss have no closed form of their own and are counted exactly.
Cycle predict_launch(const hw::MachineSpec& machine, const std::vector<hw::MatrixLayer>& layers,
                     const hw::Launch& launch, bool train, hw::Rectangle rectangle, int tokens);

/// Cycles that the system's Ethernet needs for the launch's stream.
Cycle predict_stream(const hw::MachineSpec& machine, const std::vector<hw::MatrixLayer>& layers,
                     const hw::Launch& launch);

/// Cycles from the end of a launch to the begin of the next.
Cycle launch_gap(const hw::MachineSpec& machine, hw::Rectangle rectangle);

}  // namespace weft::sw
