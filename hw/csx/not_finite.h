#pragma once
#include "hw/wafer/wafer.h"

namespace weft::hw {

/// The first activation of the forward pass that just ended with a value that is no finite number: 0 the samples, l the
/// outputs of layer l counted from 1; -1: all are finite.
int first_activation_not_finite(Wafer& wafer, int layers);

}  // namespace weft::hw
