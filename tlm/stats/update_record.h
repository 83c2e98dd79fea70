#pragma once
// When MemoryX updated a layer. Written by hw, read by sw/report.
#include <cstdint>

#include "tlm/base/units.h"
#include "tlm/stats/limiter.h"

namespace weft::proto {

/// The update of one layer by the gradients of one training step.
struct UpdateRecord {
  std::int64_t train_step = 0;  ///< training steps of this run before it
  int layer = 0;
  Picosecond start = 0;  ///< the first chunk's gradient was whole, and nothing was left to read of the old version
  Picosecond end = 0;    ///< the new version can be read
  bool applied = true;   ///< false: the gradient was not finite
  Limiter limiter = Limiter::memoryx_update;  ///< of most of the time between, on the way to its end
};

}  // namespace weft::proto
