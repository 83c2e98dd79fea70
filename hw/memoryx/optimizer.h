#pragma once
// The optimizers, with the formulas and the order of operations of PyTorch 1.13's torch.optim, in fp32.
#include <cstddef>
#include <cstdint>
#include <limits>

#include "hw/spec/optimizer_spec.h"

namespace weft::hw {

/// How a gradient is made ready: g * unscale * clip, then held between -limit and limit; a NaN stays one.
struct GradientScale {
  float unscale = 1, clip = 1, limit = std::numeric_limits<float>::infinity();
};

/// One step on `count` parameters from gradient g, made ready as `scale` says. `first` and `second` are the optimizer's
/// state arrays in the order of optimizer_state_names() (momentum_buffer; exp_avg, exp_avg_sq), null where there is
/// none. `step` counts this parameter's updates from 1. Elementwise: independent of how a tensor is cut into calls.
void optimizer_update(const OptimizerSpec& optimizer, std::int64_t step, double rate, const GradientScale& scale,
                      float* w, const float* g, float* first, float* second, std::size_t count);

}  // namespace weft::hw
