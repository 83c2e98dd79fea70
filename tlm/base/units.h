#pragma once
// Units of time and data. Integers everywhere: a simulated time is never rounded twice.
#include <cstdint>

namespace weft {

/// Cycles of a wafer's core clock.
using Cycle = std::int64_t;
/// Simulated time off the wafer.
using Picosecond = std::int64_t;
using Bytes = std::int64_t;

/// Integer division rounded up; n >= 0, d > 0.
constexpr std::int64_t ceil_div(std::int64_t n, std::int64_t d) { return (n + d - 1) / d; }

/// A clock as an exact ratio: frequency = `mega_hertz` MHz, one cycle = 1e6 / mega_hertz ps.
/// 0.85 GHz: a cycle is 20/17 ns. Crossings to picoseconds and back: clock_crossing.h.
struct Clock {
  std::int64_t mega_hertz = 850;
  double seconds(Cycle cycles) const { return static_cast<double>(cycles) / (static_cast<double>(mega_hertz) * 1e6); }
};

}  // namespace weft
