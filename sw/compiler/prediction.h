#pragma once
// Closed forms of a launch's length: what the planner compares, and what every report sets beside the simulated time.
#include <vector>

#include "hw/fabric/launch_map.h"
#include "hw/spec/machine.h"
#include "tlm/stats/limiter_cycles.h"

namespace weft::sw {

/// Cycles of a matrix launch whose words are at the edge in time:
///   first wavelet at the farthest PE + rounds x slowest round + chain latency + way back.
/// The slowest round is the largest of a PE's instructions, the edge channel's words and the row's link. A row that
/// takes returned sums falls behind by what its idle cycles do not hold; it delays the others by what the queues do not
/// hold of that. Deviation from the simulated time: tests/analytic.
Cycle predict_matrix(const hw::MachineSpec& machine, const hw::EdgeLayout& layout, const hw::LaunchMap& map);
/// The same by what it consists of.
proto::LimiterCycles matrix_parts(const hw::MachineSpec& machine, const hw::EdgeLayout& layout,
                                  const hw::LaunchMap& map);

/// The same of a sparse layer's launch, from its share of zeros alone: its mask is not looked at.
proto::LimiterCycles sparse_parts(const hw::MachineSpec& machine, const hw::EdgeLayout& layout,
                                  const hw::MatrixLayer& layer, hw::KernelKind kind, hw::Rectangle rectangle,
                                  int tokens);

/// Cycles of any launch with `tokens` on the wafer, on the lane with the most; elementwise kernels and the loss have no
/// closed form of their own and are counted exactly.
proto::LimiterCycles predict_launch(const hw::MachineSpec& machine, const std::vector<hw::MatrixLayer>& layers,
                                    const hw::Launch& launch, bool train, const hw::Mapping& mapping, int tokens);

/// A matrix launch in its step, where words come when they come and channels may have had time before it. Cycles.
struct LaunchPace {
  int rounds = 0;
  double wafer = 0;                    ///< the launch, words in time and channels never in the way
  double after = 0;                    ///< of it, what is no round: the words' way in, along the chain and back
  double words_in = 0, words_out = 0;  ///< of a round, through the busiest channel
  double held_out = 0;                 ///< rounds whose sums wait for it at the edge

  double round() const { return (wafer - after) / rounds; }
};

/// Precondition: a kernel that streams.
LaunchPace launch_pace(const hw::MachineSpec& machine, const std::vector<hw::MatrixLayer>& layers,
                       const hw::Launch& launch, const hw::Mapping& mapping, int tokens);

/// Cycles that the system's Ethernet needs for the launch's stream; `wire`: of gradients.
Cycle predict_stream(const hw::MachineSpec& machine, const std::vector<hw::MatrixLayer>& layers,
                     const hw::Launch& launch, const hw::GradientWire& wire = {});

}  // namespace weft::sw
