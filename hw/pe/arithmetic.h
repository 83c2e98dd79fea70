#pragma once
// The datapath's arithmetic on bits: round to nearest even, subnormals kept, every NaN result canonical (0x7fc00000).
#include <cmath>
#include <cstdint>
#include <cstring>

#include "tlm/base/fp16.h"

namespace weft::hw {

inline constexpr std::uint32_t canonical_nan = 0x7fc00000;

inline float float_of(std::uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// Bits of a result.
inline std::uint32_t result_bits(float value) {
  if (std::isnan(value)) return canonical_nan;
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// fp16 x fp16 + fp32, rounded once.
inline std::uint32_t fused_multiply_add(std::uint16_t x, std::uint16_t y, std::uint32_t accumulator) {
  return result_bits(std::fma(half_to_float(x), half_to_float(y), float_of(accumulator)));
}

inline std::uint32_t add(std::uint32_t a, std::uint32_t b) { return result_bits(float_of(a) + float_of(b)); }

inline std::uint16_t to_half(std::uint32_t value) { return float_to_half(float_of(value)); }

}  // namespace weft::hw
