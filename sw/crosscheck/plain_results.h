#pragma once
// A launch's results as plain loops: the order that the mapping defines, nothing else.
#include <cstdint>
#include <vector>

#include "hw/fabric/launch_programs.h"

namespace weft::sw {

/// In the order of ProgramLaunch::results.
std::vector<std::uint32_t> plain_results(const hw::ProgramLaunch& launch);

}  // namespace weft::sw
