#pragma once
#include "hw/wafer/wafer.h"

namespace weft::hw {

/// The first tensor of the forward pass that just ended, one of the first `activations` of Job::tensors, with a value
/// that is no finite number; -1: all are finite.
int first_activation_not_finite(Wafer& wafer, int activations);

}  // namespace weft::hw
