#pragma once
// The deepest queue that a machine may have: the recurrences of fabric and core look back over no more elements.

namespace weft::hw {

inline constexpr int deepest_queue = 8;

}  // namespace weft::hw
