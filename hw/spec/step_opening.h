#pragma once
// What MemoryX tells the systems of a step as it begins.
#include <cstddef>

#include "hw/spec/job.h"

namespace weft::hw {

struct StepOpening {
  float loss_scale = 1.0F;  ///< 1 in an eval stage
  /// Labels of a step's tokens over its samples, over all systems: a loss of whole samples has so many times its
  /// deltas, since gradients are divided by the first, and then is its own mean. It travels where the job has such a
  /// loss.
  float of_samples = 1.0F;

  static std::size_t bytes(const Job& job) { return (job.has_sample_loss() ? 2 : 1) * sizeof(float); }
};

}  // namespace weft::hw
