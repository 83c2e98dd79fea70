#pragma once
#include <cstdint>

#include "hw/spec/schedule_spec.h"

namespace weft::hw {

/// Learning rate of a global step (0 for the first), see ScheduleKind. A function of the step alone, so that a resumed
/// run goes on exactly. In double precision, as PyTorch's schedulers.
double learning_rate(const ScheduleSpec& schedule, std::int64_t global_step);

}  // namespace weft::hw
