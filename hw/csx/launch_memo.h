#pragma once
// Exact fast-forward over identical launches. A launch begins with all PEs idle and all queues empty, so its time
// line is a function of its kernel, its geometry and the cycles at which the edge has its words (EdgeFeed's starts).
// Equal starts give equal times to the last cycle: the launch is added instead of simulated. So do starts that differ
// where no wavelet waited for its words. Layers of one shape and all systems share what was simulated.
#include <cstdint>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "hw/fabric/launch_times.h"

namespace weft::hw {

/// Cycles at which a chunk has left the west edge, and its sums are all at the east edge; 0 of what it does not do.
struct EdgeMarks {
  Cycle left = 0, drained = 0;
  EdgeMarks after(Cycle start) const { return {start + left, start + drained}; }
};

/// Everything that one simulated launch showed to the outside, relative to its begin.
struct LaunchRun {
  std::vector<std::vector<std::int32_t>> starts;  ///< per chunk, or once: the state of the edge that it began with
  std::vector<std::vector<std::int32_t>> slack;  ///< as starts: how much later they could be; 0: not at all earlier too
  std::vector<EdgeMarks> marks;                  ///< per chunk
  LaunchTimes times;
  std::vector<std::int32_t> drain_channels;  ///< state of the east edge after it
};

class LaunchMemo {
 public:
  /// What a launch's map depends on, with the plan's lane.
  using Key = std::tuple<KernelKind, int, int, int, const WeightMask*>;  ///< kernel, inputs, outputs, the lane's tokens
  const std::vector<LaunchRun>& runs(Key key) { return runs_[key]; }
  void add(Key key, LaunchRun run) { runs_[key].push_back(std::move(run)); }

 private:
  std::map<Key, std::vector<LaunchRun>> runs_;
};

}  // namespace weft::hw
