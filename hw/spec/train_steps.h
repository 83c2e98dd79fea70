#pragma once
#include "hw/spec/job.h"

namespace weft::hw {

/// Training steps of `job` in the stages before `stage`.
inline std::int64_t train_steps_before(const Job& job, int stage) {
  std::int64_t steps = 0;
  for (int before = 0; before < stage; ++before)
    if (job.stages[static_cast<std::size_t>(before)].train) steps += job.stages[static_cast<std::size_t>(before)].steps;
  return steps;
}

}  // namespace weft::hw
