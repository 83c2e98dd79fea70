#pragma once
// What rounding to halves did to the values of a run.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "hw/spec/gradient_wire.h"
#include "tlm/base/half.h"
#include "tlm/stats/caused_launch.h"

namespace weft::sw {

/// Launches of a kernel on a layer in a pass, all of the run.
struct RoundedLaunches {
  std::string kernel, pass;
  int layer = 0;
  HalfLosses losses;
};

/// Of gradients that travel in 16 bits: where they left the systems, and their sums in SwarmX, by layer.
struct RoundedGradients {
  hw::LayerLosses edge, swarmx;
};
HalfLosses sum_of(const hw::LayerLosses& losses);

/// Of the PEs of all systems; and of gradients on their way, if they travel in 16 bits.
class Rounding {
 public:
  std::optional<RoundedGradients> gradients;
  bool dynamic_loss_scale = false;

  /// A system's.
  void add(const std::vector<proto::CausedLaunch>& launches);

  const HalfLosses& all() const { return all_; }
  /// Those that lost some; most lost, as a share of their values, first, and of equal ones as they first occur.
  std::vector<RoundedLaunches> lossy() const;
  /// Deltas that became 0, of all layers: too small for the format.
  std::int64_t lost_deltas() const;

 private:
  HalfLosses all_;
  std::vector<RoundedLaunches> launches_;
  std::map<std::tuple<std::string, std::string, int>, std::size_t> places_;  ///< in these
};

}  // namespace weft::sw
