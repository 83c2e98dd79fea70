#pragma once
// What clipping by the norm did in a training step. Written by hw, read by sw/report.
#include <cstdint>

#include "tlm/base/units.h"

namespace weft::proto {

struct ClipRecord {
  std::int64_t train_step = 0;  ///< training steps of this run before it
  double norm = 0;              ///< of all gradients together; in a run that only times 0
  float factor = 1;             ///< they were multiplied by it
  bool repaired = false;        ///< updates were made at once and made again
  Picosecond gradients_at = 0;  ///< the last gradient was in and squared
  Picosecond known_at = 0;      ///< every weight server had the factor
  Picosecond updated_at = 0;    ///< the last layer's new version could be read
};

}  // namespace weft::proto
