#pragma once
// A matrix launch's sums as plain loops over the map: the order that the mapping defines, nothing else.
#include <cstdint>
#include <vector>

#include "hw/fabric/launch_map.h"
#include "sw/kernels/matrix_setup.h"

namespace weft::sw {

/// [rounds][elements of all positions]: fp32 bits, or fp16 bits where sums return to the PEs.
std::vector<std::uint32_t> plain_sums(const hw::LaunchMap& map, const MatrixValues& values);

}  // namespace weft::sw
