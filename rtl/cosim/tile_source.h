#pragma once
// Where a run gets its Verilated tiles from. rtl/absent implements it for a build without Verilator.
#include <functional>

#include "hw/pe/clocked_pe.h"
#include "hw/spec/machine.h"

namespace weft::rtl {

/// Tiles in the place of a rectangle of an array; valid until the next call. They are kept between calls.
using TileSource = std::function<hw::ClockedRectangle(int x, int y, int width, int height)>;

/// Throws UsageError if the tile was built with other numbers than `machine` has, or not at all.
TileSource tile_source(const hw::MachineSpec& machine);

}  // namespace weft::rtl
