#pragma once
#include <string>

#include "sw/sweep/sweep_table.h"

namespace weft::sw {

/// A picture of the points that are done. Scaling: speed-up over num_csx, both logarithmic, a line for each setting of
/// the other axes, and the ideal. Tornado: how much each point's rate differs from the first one's, the largest first.
std::string sweep_svg(const SweepTable& table);

}  // namespace weft::sw
