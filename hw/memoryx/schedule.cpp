#include "hw/memoryx/schedule.h"

#include <algorithm>
#include <cmath>

namespace weft::hw {

double learning_rate(const ScheduleSpec& schedule, std::int64_t global_step) {
  const double progress = std::min(
      1.0, static_cast<double>(global_step) / static_cast<double>(std::max<std::int64_t>(schedule.total_steps, 1)));
  switch (schedule.kind) {
    case ScheduleKind::constant:
      return schedule.rate;
    case ScheduleKind::step: {
      const std::int64_t factors = global_step / std::max<std::int64_t>(schedule.interval, 1);
      return schedule.rate * std::pow(schedule.gamma, static_cast<double>(factors));
    }
    case ScheduleKind::warmup_linear:
      return schedule.end_rate + (schedule.rate - schedule.end_rate) * progress;
    case ScheduleKind::cosine: {
      const double pi = std::acos(-1.0);
      return schedule.end_rate + (schedule.rate - schedule.end_rate) * 0.5 * (1.0 + std::cos(pi * progress));
    }
  }
  return schedule.rate;
}

}  // namespace weft::hw
