#pragma once
// Halves beside double precision.
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "tests/support/fp16.h"

namespace weft::test {

/// Of halves around `value`: from one to the next.
inline double last_place(double value) {
  const int exponent = value == 0 ? -14 : std::max(-14, std::ilogb(value));
  return std::ldexp(1.0, exponent - 10);
}

/// visit(half, its value)
template <typename Visit>
void for_each_finite(Visit&& visit) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    if ((half & 0x7c00U) != 0x7c00U) visit(half, static_cast<double>(half_to_float(half)));
  }
}

}  // namespace weft::test
