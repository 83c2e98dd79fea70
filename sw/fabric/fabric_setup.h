#pragma once
// A fabric program file as what its PEs are given.
#include "hw/pe/array_setup.h"
#include "sw/fabric/fabric_file.h"

namespace weft::sw {

/// Programs, routes, memory and edges of every PE. Deterministic: random numbers depend on seed, x, y and element only.
/// Throws UsageError with the place in the file and the PE.
hw::ArraySetup build_array(const FabricFile& file, const hw::MachineSpec& machine);

}  // namespace weft::sw
