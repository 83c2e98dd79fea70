#pragma once
// Cycles of a clock and picoseconds: exact, and a TimeOverflow beyond latest_time. Crossings round up to the receiver's
// next edge, once.
#include "tlm/base/checked.h"
#include "tlm/base/instant.h"
#include "tlm/base/units.h"

namespace weft {

/// `time` x to / from, rounded up: whole `from`s apart from the rest, so that only the result can be too large.
inline std::int64_t scaled_time(std::int64_t time, std::int64_t from, std::int64_t to, const char* unit) {
  const std::int64_t whole = checked_mul(time / from, to, "simulated time", unit);
  return checked_add(whole, ceil_div(time % from * to, from), "simulated time", unit);
}

constexpr std::int64_t picoseconds_per_microsecond = 1'000'000;  // in which a clock has mega_hertz cycles

/// First instant that is not before the end of `cycles` cycles. Precondition: cycles >= 0.
inline Picosecond to_ps(const Clock& clock, Cycle cycles) {
  return scaled_time(cycles, clock.mega_hertz, picoseconds_per_microsecond, "ps");
}
/// First cycle edge that is not before `ps`. Precondition: ps >= 0.
inline Cycle to_cycles(const Clock& clock, Picosecond ps) {
  return scaled_time(ps, picoseconds_per_microsecond, clock.mega_hertz, "cycles");
}

/// The same between the run's begin on the wafer's clock and off it.
inline Picosecond to_ps(const Clock& clock, RunCycle at) { return to_ps(clock, at.since()); }
inline RunCycle run_cycle(const Clock& clock, Picosecond at) { return RunCycle(to_cycles(clock, at)); }

}  // namespace weft
