#include "sw/graph/initial_weights.h"

#include <cmath>

#include "sw/graph/transformer_graph.h"
#include "tlm/base/normal_quantile.h"
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

/// Middles of 2^52 equal parts of (0, 1), and what a truncated distribution has of it.
std::vector<float> normal(std::size_t count, const Initializer::Drawn& drawn, std::uint64_t key) {
  constexpr double below_two = 0.977249868051820793;  // P(x < 2)
  const bool truncated = drawn.form == Initializer::Form::truncated_normal;
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t top = split_mix(key + (i + 1) * split_mix_gamma) >> 12;
    const double part = static_cast<double>(2 * top + 1) * 0x1p-53;
    const double p = truncated ? 0.5 + (part - 0.5) * (2 * below_two - 1) : part;
    values[i] = static_cast<float>(drawn.std * normal_quantile(p));
  }
  return values;
}

}  // namespace

void LayerParameters::put_into(hw::LayerState& layer) const {
  if (weight.empty()) return;
  layer.tensors[0].values = weight;
  if (!bias.empty()) layer.tensors[1].values = bias;
}

std::vector<LayerParameters> initial_weights(const std::vector<hw::MatrixLayer>& layers, std::uint64_t seed,
                                             const Initializer& initializer) {
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
    const Initializer::Drawn& drawn = is_added(layer.name) ? initializer.added : initializer.matrices;
    if (drawn.form != Initializer::Form::linear) {
      parameters.push_back(
          {normal(elements, drawn, split_mix(split_mix(seed) + tensor)), std::vector<float>(both ? outputs : 0, 0.0F)});
      continue;
    }
    parameters.push_back({uniform(elements, bound, split_mix(split_mix(seed) + tensor)),
                          uniform(both ? outputs : 0, bound, split_mix(split_mix(seed) + tensor + 1))});
  }
  return parameters;
}

}  // namespace weft::sw
