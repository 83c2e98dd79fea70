#pragma once
// A small training state with a different value in every place.
#include <cstring>

#include "hw/spec/training_state.h"

namespace weft::test {

inline std::vector<hw::MatrixLayer> two_layers() { return {{"fc1", 4, 3, "ReLU", 0}, {"fc2", 3, 2, "", 0}}; }

inline hw::OptimizerSpec optimizer(hw::OptimizerKind kind) {
  hw::OptimizerSpec spec;
  spec.kind = kind;
  spec.momentum = kind == hw::OptimizerKind::momentum ? 0.9 : 0;
  return spec;
}

/// Of two_layers() after 50 steps.
inline hw::TrainingState training_state(const hw::OptimizerSpec& optimizer) {
  hw::TrainingState state;
  state.global_step = 50;
  state.loss_scale = 4;
  state.finite_steps = 13;
  float value = 0.1F;
  for (const hw::MatrixLayer& layer : two_layers()) {
    hw::LayerState part{layer.name, hw::state_tensors(layer, optimizer),
                        40 + static_cast<std::int64_t>(state.layers.size())};
    for (hw::StateTensor& tensor : part.tensors)
      for (float& element : tensor.values) element = value *= -1.01F;
    state.layers.push_back(std::move(part));
  }
  return state;
}

inline bool same_bits(const hw::TrainingState& a, const hw::TrainingState& b) {
  if (a.global_step != b.global_step || a.loss_scale != b.loss_scale || a.finite_steps != b.finite_steps) return false;
  if (a.layers.size() != b.layers.size()) return false;
  for (std::size_t layer = 0; layer < a.layers.size(); ++layer) {
    const hw::LayerState &x = a.layers[layer], &y = b.layers[layer];
    if (x.layer != y.layer || x.updates != y.updates || x.tensors.size() != y.tensors.size()) return false;
    for (std::size_t tensor = 0; tensor < x.tensors.size(); ++tensor) {
      const hw::StateTensor &s = x.tensors[tensor], &t = y.tensors[tensor];
      if (s.name != t.name || s.shape != t.shape || s.values.size() != t.values.size()) return false;
      if (std::memcmp(s.values.data(), t.values.data(), s.values.size() * sizeof(float)) != 0) return false;
    }
  }
  return true;
}

}  // namespace weft::test
