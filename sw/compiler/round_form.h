#pragma once
// What a round of products costs a PE, in closed form.
#include <vector>

#include "hw/fabric/fabric_timing.h"
#include "hw/fabric/launch_map.h"
#include "tlm/stats/limiter_cycles.h"

namespace weft::sw {

/// A PE's instructions of one round: `wavelets` AXPYs of `elements`, the control wavelet, the sum and the loop. Cycles.
struct Round {
  Cycle length;           ///< with the waits for the accumulators
  Cycle arithmetic, sum;  ///< of it, elements of the AXPYs; the sum with its issue, its loop and its wait
  Cycle idle;             ///< of it, waits that a receiver can use
  Cycle tail;             ///< of it, the wait after the sum that the last round does not have
};

/// `simd`: AXPY elements a cycle.
Round round_of(const hw::FabricTiming& timing, int simd, const hw::LaunchMap& map, int wavelets, int elements);

/// `rounds` of them.
proto::LimiterCycles parts_of(const Round& round, Cycle rounds);

/// What lines lose to the sums that return to them, in a launch whose lines have `rounds`.
proto::LimiterCycles parts_of_returns(const hw::FabricTiming& timing, const hw::LaunchMap& map,
                                      const std::vector<Round>& rounds);

}  // namespace weft::sw
