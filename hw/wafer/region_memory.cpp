#include "hw/wafer/region_memory.h"

#include <algorithm>

#include "tlm/base/error.h"

namespace weft::hw {

RegionMemory::RegionMemory(const std::vector<MatrixLayer>& layers, Rectangle rectangle, RegionExtent extent, int tokens)
    : layers_(layers), rectangle_(rectangle), extent_(extent) {
  widths_.push_back(layers.front().inputs);
  for (const MatrixLayer& layer : layers) widths_.push_back(layer.features());
  const int columns = std::min(rectangle.width, tokens);
  first_token_ = split_first(tokens, columns, std::min(extent.column_first, columns));
  tokens_ = split_first(tokens, columns, std::min(extent.column_last, columns)) - first_token_;
  const int count = static_cast<int>(widths_.size());
  activations_.resize(widths_.size());
  deltas_.resize(widths_.size());
  kept_.resize(layers.size());
  for (int index = 0; index < count; ++index) {
    FeatureBlock& block = activations_[static_cast<std::size_t>(index)];
    const int features = feature_count(index);
    block.resize(features + (holds_bias(index) ? 1 : 0), tokens_);
    if (holds_bias(index)) std::fill_n(block.row(features), tokens_, 1.0F);
    if (index > 0) deltas_[static_cast<std::size_t>(index)].resize(features, tokens_);
    if (index > 0 && layer(index - 1).keeps_preactivation)
      kept_[static_cast<std::size_t>(index) - 1].resize(features, tokens_);
  }
  for (const MatrixLayer& layer : layers) {
    std::vector<FeatureBlock>& vectors = vectors_.emplace_back();
    if (layer.kind != LayerKind::norm) continue;
    vectors.resize(static_cast<std::size_t>(layer.outputs));
    const int first = first_norm_feature(static_cast<int>(vectors_.size()) - 1);
    for (FeatureBlock& vector : vectors)
      vector.resize(split_first(layer.inputs, rectangle.height, extent.row_last) - first, 1);
  }
  labels_.assign(static_cast<std::size_t>(tokens_), -1);
}

FeatureBlock& RegionMemory::line_block(LineTensor tensor, int layer) {
  switch (tensor) {
    case LineTensor::values:
      return activation(layer + 1);
    case LineTensor::deltas:
      return delta(layer + 1);
    case LineTensor::kept:
      return kept_[static_cast<std::size_t>(layer)];
    case LineTensor::gain:
      return norm_vector(layer, 0);
    case LineTensor::shift:
      return norm_vector(layer, 1);
    case LineTensor::labels:
      break;
  }
  throw SimulationError("a line kernel's operand has no place in a region's memory");
}

int RegionMemory::first_feature(int activation) const {
  return split_first(features_of(activation), rectangle_.height, extent_.row_first);
}

int RegionMemory::feature_count(int activation) const {
  return split_first(features_of(activation), rectangle_.height, extent_.row_last) - first_feature(activation);
}

bool RegionMemory::holds_bias(int activation) const {
  const int last_row = std::min(features_of(activation), rectangle_.height) - 1;
  return activation + 1 < static_cast<int>(widths_.size()) && layer(activation).bias && last_row >= extent_.row_first &&
         last_row < extent_.row_last;
}

}  // namespace weft::hw
