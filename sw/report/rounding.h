#pragma once
// What rounding to halves did to the values of a run.
#include <string>
#include <vector>

#include "tlm/base/half.h"
#include "tlm/stats/caused_launch.h"

namespace weft::sw {

/// Launches of a kernel on a layer, all of the run.
struct RoundedLaunches {
  std::string kernel;
  int layer = 0;
  HalfLosses losses;
};

struct Rounding {
  HalfLosses all;
  /// Those that lost some; most lost, as a share of their values, first, and of equal ones as they first occur.
  std::vector<RoundedLaunches> lossy;
};

Rounding rounding_of(const std::vector<proto::CausedLaunch>& launches);

}  // namespace weft::sw
