#pragma once
// The recurrences of a matrix kernel whose edges send and take wavelets in cycles of their own.
#include "hw/fabric/launch_map.h"
#include "hw/pe/array_setup.h"
#include "hw/spec/machine.h"

namespace weft::sw {

/// End of the launch of `map` that `array` was set up for. Its edges are played by the rules of a link, wavelet by
/// wavelet, and are to the recurrences what neighbouring regions are: bursts of as much as a link's queue holds.
Cycle stalled_end(const hw::MachineSpec& machine, const hw::LaunchMap& map, const hw::ArraySetup& array);

}  // namespace weft::sw
