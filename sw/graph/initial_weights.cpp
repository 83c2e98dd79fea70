#include "sw/graph/initial_weights.h"

#include <cmath>

#include "tlm/base/split_mix.h"

namespace weft::sw {
namespace {

std::vector<float> uniform(std::size_t count, float bound, std::uint64_t key) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto top = static_cast<std::int32_t>(split_mix(key + (i + 1) * split_mix_gamma) >> 40);
    // An odd multiple of 2^-24 in (-1, 1): exact in fp32, symmetric, never zero.
    const float unit = static_cast<float>(2 * top + 1 - (1 << 24)) * 0x1p-24f;
    values[i] = unit * bound;
  }
  return values;
}

}  // namespace

void LayerParameters::put_into(hw::LayerState& layer) const {
  if (weight.empty()) return;
  layer.tensors[0].values = weight;
  if (!bias.empty()) layer.tensors[1].values = bias;
}

std::vector<LayerParameters> initial_weights(const std::vector<hw::MatrixLayer>& layers, std::uint64_t seed) {
  std::vector<LayerParameters> parameters;
  for (const auto& layer : layers) {
    const auto bound = static_cast<float>(1 / std::sqrt(static_cast<double>(layer.inputs)));
    const std::uint64_t tensor = 2 * parameters.size();
    const auto outputs = static_cast<std::size_t>(layer.outputs);
    const auto inputs = static_cast<std::size_t>(layer.inputs), elements = outputs * inputs;
    const bool both = layer.tensors() > 1;
    if (!layer.has_parameters()) {
      parameters.emplace_back();
      continue;
    }
    if (layer.kind == hw::LayerKind::norm) {
      parameters.push_back({std::vector<float>(inputs, 1.0F), std::vector<float>(both ? inputs : 0, 0.0F)});
      continue;
    }
    parameters.push_back({uniform(elements, bound, split_mix(split_mix(seed) + tensor)),
                          uniform(both ? outputs : 0, bound, split_mix(split_mix(seed) + tensor + 1))});
  }
  return parameters;
}

}  // namespace weft::sw
