#pragma once
// Cycles of the core, per instruction, from the machine's timing table. The only place where an
// instruction's length is computed; the burst model, the planner's prediction and the RTL's parameters use it.
#include <algorithm>

#include "hw/spec/machine.h"

namespace weft::hw {

/// Integers of 32 bits per cycle: each takes two lanes of 16.
inline int word_lanes(const LaneSpec& lanes) { return std::max(1, lanes.integer / 2); }

/// Length of a vector instruction over `elements` at `lanes` per cycle: issue, then the elements.
inline Cycle vector_cycles(const PeSpec& pe, std::int64_t elements, int lanes) {
  return pe.vector_issue_cycles + ceil_div(elements, lanes);
}

}  // namespace weft::hw
