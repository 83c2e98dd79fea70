#pragma once
#include <cstdint>

#include "hw/spec/job.h"

namespace weft::hw {

/// Learning rate of a global step (0 for the first), see ScheduleSpec. Past total_steps a ramp or a cosine stays at its
/// last value.
double learning_rate(const ScheduleSpec& schedule, std::int64_t global_step);

}  // namespace weft::hw
