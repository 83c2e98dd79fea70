#pragma once
// The optimizers, with the formulas and the order of operations of PyTorch 1.13's torch.optim, in fp32.
#include <cstddef>
#include <cstdint>

#include "hw/spec/job.h"

namespace weft::hw {

/// One step on `count` parameters: w from gradient g * unscale. `first` and `second` are the optimizer's state arrays
/// in the order of optimizer_state_names() (momentum_buffer; exp_avg, exp_avg_sq), null where there is none.
/// `step` counts this parameter's updates from 1. Elementwise: independent of how a tensor is cut into calls.
void optimizer_update(const OptimizerSpec& optimizer, std::int64_t step, double rate, float unscale, float* w,
                      const float* g, float* first, float* second, std::size_t count);

}  // namespace weft::hw
