#pragma once
// What the SRAMs of a region's PEs hold between launches, as dense arrays: one row per feature, tokens contiguous.
// fp16 values are kept as the floats they stand for.
#include <cstdint>
#include <vector>

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

/// The tensors of a job, by their places in Job::tensors. One with a bias's constant one has a row more behind its
/// features, present in the region that holds the last mapped row. Scores are the lane's.
class RegionMemory {
 public:
  /// `job` outlives it.
  RegionMemory(const Job& job, Rectangle rectangle, RegionExtent extent, int tokens);

  const Job& job() const { return job_; }
  const WaferTensor& form(int tensor) const { return job_.tensors[static_cast<std::size_t>(tensor)]; }
  /// Global index of the first local feature of a tensor, and how many there are here.
  int first_feature(int tensor) const;
  int feature_count(int tensor) const;
  /// The same with the constant one, where it is here and a launch's layer has a bias. Others pass it over.
  int row_count(int tensor, bool with_one) const {
    return feature_count(tensor) + (with_one && holds_one(tensor) ? 1 : 0);
  }
  int first_token() const { return first_token_; }
  int tokens() const { return tokens_; }
  const RegionExtent& extent() const { return extent_; }

  /// Precondition: there is one, see needed().
  FeatureBlock& block(int tensor) { return blocks_[static_cast<std::size_t>(tensor)]; }
  std::vector<std::int32_t>& labels() { return labels_; }
  FeatureBlock& retained() { return retained_; }

 private:
  bool holds_one(int tensor) const;

  const Job& job_;
  Rectangle rectangle_;
  RegionExtent extent_;
  int first_token_ = 0, tokens_ = 0;
  std::vector<FeatureBlock> blocks_;
  FeatureBlock retained_;  ///< [outputs of the last layer][local inputs]
  std::vector<std::int32_t> labels_;
};

/// The operand's tensor. Throws SimulationError if the launch names none.
int needed(const OperandTensors& tensors, Operand operand);

}  // namespace weft::hw
