#pragma once
// A block [features][tokens] of halves in the memories of the PEs that hold it: in each its own part, the same way
// round.
#include <cstdint>
#include <vector>

#include "hw/fabric/launch_map.h"
#include "hw/pe/array_setup.h"

namespace weft::sw {

/// Visits every element: visit(column, row, index in the PE's part, index in the block), in the order of the block.
template <typename Visit>
void for_each_element(const hw::BlockMap& block, Visit&& visit) {
  std::size_t at = 0;
  for (int row = 0; row < block.rows(); ++row)
    for (int feature = 0; feature < block.features_of(row); ++feature)
      for (int column = 0; column < block.columns(); ++column)
        for (int token = 0; token < block.tokens_of(column); ++token, ++at)
          visit(column, row, feature * block.tokens_of(column) + token, at);
}

/// `width`: of the array that ran.
inline std::vector<std::uint32_t> read_block(const hw::BlockMap& block, int address, int width,
                                             const hw::ArrayRun& run) {
  std::vector<std::uint32_t> values;
  for_each_element(block, [&](int column, int row, int index, std::size_t) {
    values.push_back(
        run.pes[static_cast<std::size_t>(row * width + column)].memory[static_cast<std::size_t>(address + index)]);
  });
  return values;
}

}  // namespace weft::sw
