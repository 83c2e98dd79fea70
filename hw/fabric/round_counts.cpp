#include "hw/fabric/round_counts.h"

#include <algorithm>

#include "hw/fabric/split.h"

namespace weft::hw {

RoundCounts::RoundCounts(const MatrixLayer& layer, bool delta, int height)
    : rows_(std::min(delta ? layer.outputs : layer.inputs, height)),
      counts_(static_cast<std::size_t>(delta ? layer.inputs : layer.outputs) * static_cast<std::size_t>(rows_), 0) {
  const WeightMask& mask = *layer.mask;
  const auto rows = static_cast<std::size_t>(rows_);
  if (delta) {
    for (int row = 0; row < rows_; ++row)
      for (int output = split_first(layer.outputs, height, row); output < split_first(layer.outputs, height, row + 1);
           ++output)
        mask.for_each(output, 0, layer.inputs, [&](int input) {
          ++counts_[static_cast<std::size_t>(input) * rows + static_cast<std::size_t>(row)];
        });
    return;
  }
  std::uint16_t* count = counts_.data();
  for (int output = 0; output < layer.outputs; ++output)
    for (int row = 0; row < rows_; ++row)
      *count++ = static_cast<std::uint16_t>(
          mask.count(output, split_first(layer.inputs, height, row), split_first(layer.inputs, height, row + 1)) +
          (layer.bias && row + 1 == rows_ ? 1 : 0));
}

}  // namespace weft::hw
