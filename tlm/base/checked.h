#pragma once
// Integer times that stop where they would wrap. Simulated time counts cycles and picoseconds in 64 bits, a launch's
// time line in 32 (hw/fabric/stream_reduce.h); a legal machine can ask for more than either holds.
#include <cstdint>
#include <limits>
#include <string>

#include "tlm/base/error.h"

namespace weft {

/// A time, or a sum of times, is larger than its counter. The text says which.
class TimeOverflow : public SimulationError {
 public:
  using SimulationError::SimulationError;
};

/// Throws TimeOverflow: "`what` passes `limit` `unit`", and what a user can do.
[[noreturn]] void time_overflow(const char* what, std::int64_t limit, const char* unit);

/// The latest time that is held, in any unit: 53 days of picoseconds. Half of the range, so that a time and a latency,
/// or two times, can be added without a look.
inline constexpr std::int64_t latest_time = std::numeric_limits<std::int64_t>::max() / 2;

/// a + b and a x b of counters in `unit`, or TimeOverflow.
inline std::int64_t checked_add(std::int64_t a, std::int64_t b, const char* what, const char* unit) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum) || sum > latest_time) time_overflow(what, latest_time, unit);
  return sum;
}
inline std::int64_t checked_mul(std::int64_t a, std::int64_t b, const char* what, const char* unit) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product) || product > latest_time) time_overflow(what, latest_time, unit);
  return product;
}

/// `value` rounded up to a whole number of `unit`, or TimeOverflow. Precondition: value >= 0.
std::int64_t checked_ceil(double value, const char* what, const char* unit);

/// Times of a launch are told from some cycle of it in 32 bits. What comes in may lie so far from that cycle and no
/// farther; the other half of the range is for what happens until the next look (hw/fabric/time_guard.h).
inline constexpr std::int32_t farthest_cycle = std::numeric_limits<std::int32_t>::max() / 2;

/// `cycle` in 32 bits. TimeOverflow beyond farthest_cycle; before -farthest_cycle it is that: so long ago that nothing
/// can tell the difference.
inline std::int32_t launch_cycle(std::int64_t cycle, const char* what) {
  if (cycle > farthest_cycle) time_overflow(what, farthest_cycle, "cycles of a launch");
  return static_cast<std::int32_t>(cycle < -farthest_cycle ? -farthest_cycle : cycle);
}

}  // namespace weft
