#pragma once
// The parameters before the first step.
#include <cstdint>
#include <vector>

#include "hw/spec/training_state.h"
#include "sw/graph/initializer.h"

namespace weft::sw {

struct LayerParameters {
  std::vector<float> weight;  ///< [outputs][inputs]; of a norm [inputs]
  std::vector<float> bias;    ///< [outputs]; of a norm [inputs]; empty: it has none

  void put_into(hw::LayerState& layer) const;
};

/// As `initializer` says; without it the distribution of PyTorch's Linear: weight and bias uniform in (-b, b),
/// b = 1 / sqrt(inputs). Of a norm: 1 and 0.
/// Element i of tensor t (2 x layer for a weight, 2 x layer + 1 for a bias) is drawn from output i of SplitMix64
/// seeded with mix(mix(seed) + t): a function of its place only, the same on every platform, whatever the order
/// and whatever the other layers.
std::vector<LayerParameters> initial_weights(const std::vector<hw::MatrixLayer>& layers, std::uint64_t seed,
                                             const Initializer& initializer = {});

}  // namespace weft::sw
