#pragma once
// A sum over the features of a token in plain loops, in the order in which the PEs of its column add.
#include "hw/fabric/launch_map.h"
#include "hw/pe/arithmetic.h"

namespace weft::hw {

/// Of value(feature), fp32 bits: those of a row from its first, then from the last row to the first.
template <typename Value>
std::uint32_t column_sum(const BlockMap& block, Value&& value) {
  std::uint32_t sum = 0;
  for (int row = block.rows() - 1; row >= 0; --row) {
    std::uint32_t local = 0;
    for (int held = 0; held < block.features_of(row); ++held)
      local = add(local, value(block.first_feature(row) + held));
    sum = add(sum, local);
  }
  return sum;
}

}  // namespace weft::hw
