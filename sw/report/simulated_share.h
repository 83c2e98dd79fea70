#pragma once
// How much of the matrix launches' time lines was simulated, and how much added by exact fast-forward.
#include <string>
#include <vector>

#include "tlm/stats/caused_launch.h"

namespace weft::sw {

/// Launches of one kernel that were treated alike.
struct SimulatedShare {
  std::string kernel, simulated;  ///< as in CausedLaunch
  std::vector<int> layers;        ///< in the order of their first such launch
  std::int64_t launches = 0;
  Cycle cycles = 0;  ///< of the launches, simulated or not
  std::int64_t pe_rounds = 0, pe_rounds_simulated = 0;
};

/// In the order in which they first occur; launches without a matrix time line are left out.
std::vector<SimulatedShare> simulated_shares(const std::vector<proto::CausedLaunch>& launches);

}  // namespace weft::sw
