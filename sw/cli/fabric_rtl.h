#pragma once
// The Verilated tiles where the build has them: fabric_rtl.cpp, else fabric_no_rtl.cpp.
#include "hw/pe/array_setup.h"
#include "hw/spec/machine.h"

namespace weft::sw {

/// As rtl::TileArray::run. Throws UsageError where the program was built without them.
hw::ArrayRun run_on_tiles(const hw::MachineSpec& machine, const hw::ArraySetup& setup);

}  // namespace weft::sw
