#pragma once
// The deepest queue that a machine may have. The recurrences' memory grows with a machine's deepest one
// (hw/fabric/fabric_timing.h), so this is no more than a bound on what is plausible.

namespace weft::hw {

inline constexpr int deepest_queue = 64;

}  // namespace weft::hw
