#include "hw/csx/not_finite.h"

#include <algorithm>
#include <cmath>

namespace weft::hw {

int first_activation_not_finite(Wafer& wafer, int activations) {
  for (int activation = 0; activation < activations; ++activation)
    for (int lane = 0; lane < wafer.lanes(); ++lane) {
      const FeatureBlock block = wafer.lane(lane).gather(activation);
      if (!std::all_of(block.values.begin(), block.values.end(), [](float value) { return std::isfinite(value); }))
        return activation;
    }
  return -1;
}

}  // namespace weft::hw
