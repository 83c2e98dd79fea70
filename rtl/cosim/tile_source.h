#pragma once
// Where a run gets its Verilated tiles from. rtl/absent implements it for a build without Verilator.
#include "hw/pe/clocked_pe.h"
#include "hw/spec/machine.h"

namespace weft::rtl {

/// Throws UsageError if the tile was built with other numbers than `machine` has, or not at all.
hw::ClockedSource tile_source(const hw::MachineSpec& machine);

}  // namespace weft::rtl
