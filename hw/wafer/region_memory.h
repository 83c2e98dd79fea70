#pragma once
// What the SRAMs of a region's PEs hold between launches, as dense arrays: one row per feature, tokens contiguous.
// fp16 values are kept as the floats they stand for.
#include <cstdint>
#include <vector>

#include "hw/kernels/line_program.h"
#include "hw/spec/job.h"
#include "hw/wafer/launch_part.h"

namespace weft::hw {

/// A feature-major block: values[feature][token].
struct FeatureBlock {
  int features = 0, tokens = 0;
  std::vector<float> values;

  void resize(int new_features, int new_tokens) {
    features = new_features;
    tokens = new_tokens;
    values.assign(static_cast<std::size_t>(features) * static_cast<std::size_t>(tokens), 0.0F);
  }
  float* row(int feature) {
    return values.data() + static_cast<std::size_t>(feature) * static_cast<std::size_t>(tokens);
  }
  const float* row(int feature) const {
    return values.data() + static_cast<std::size_t>(feature) * static_cast<std::size_t>(tokens);
  }
};

/// Activation l is the input of layer l; activation `layers` are the logits (fp32). Each activation that feeds a layer
/// with bias has one more row behind its features, the ones of the bias, present in the region that holds the last
/// mapped row.
class RegionMemory {
 public:
  /// `layers` outlive it.
  RegionMemory(const std::vector<MatrixLayer>& layers, Rectangle rectangle, RegionExtent extent, int tokens);

  const MatrixLayer& layer(int index) const { return layers_[static_cast<std::size_t>(index)]; }
  /// Number of activations, inputs and logits included.
  int activations() const { return static_cast<int>(widths_.size()); }
  int features_of(int activation) const { return widths_[static_cast<std::size_t>(activation)]; }
  /// Global index of the first local feature of an activation, and how many there are here.
  int first_feature(int activation) const;
  int feature_count(int activation) const;
  /// True when the constant one of this activation lives here.
  bool holds_bias(int activation) const;
  int first_token() const { return first_token_; }
  int tokens() const { return tokens_; }
  const RegionExtent& extent() const { return extent_; }

  FeatureBlock& activation(int index) { return activations_[static_cast<std::size_t>(index)]; }
  FeatureBlock& delta(int index) { return deltas_[static_cast<std::size_t>(index)]; }
  /// A line kernel's operand of elements, of layer `layer`. Throws SimulationError for one that no wafer holds yet.
  FeatureBlock& line_block(LineTensor tensor, int layer);
  /// A norm's layer: the first feature here, and of the `vector`-th of its vectors the features here.
  int first_norm_feature(int index) const {
    return split_first(layer(index).inputs, rectangle_.height, extent_.row_first);
  }
  FeatureBlock& norm_vector(int layer, int vector) {
    return vectors_[static_cast<std::size_t>(layer)][static_cast<std::size_t>(vector)];
  }
  std::vector<std::int32_t>& labels() { return labels_; }
  FeatureBlock& retained() { return retained_; }

 private:
  const std::vector<MatrixLayer>& layers_;
  Rectangle rectangle_;
  RegionExtent extent_;
  std::vector<int> widths_;
  int first_token_ = 0, tokens_ = 0;
  std::vector<FeatureBlock> activations_, deltas_;
  std::vector<FeatureBlock> kept_;                  ///< of layers that keep what their activation read
  std::vector<std::vector<FeatureBlock>> vectors_;  ///< of each layer that is a norm's, in the order of its rounds
  FeatureBlock retained_;                           ///< [outputs of the last layer][local inputs]
  std::vector<std::int32_t> labels_;
};

}  // namespace weft::hw
