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

inline std::uint32_t subtract(std::uint32_t a, std::uint32_t b) { return result_bits(float_of(a) - float_of(b)); }
inline std::uint32_t multiply(std::uint32_t a, std::uint32_t b) { return result_bits(float_of(a) * float_of(b)); }

/// fp32 x fp32 + fp32, rounded once.
inline std::uint32_t fused_multiply_add32(std::uint32_t x, std::uint32_t y, std::uint32_t accumulator) {
  return result_bits(std::fma(float_of(x), float_of(y), float_of(accumulator)));
}

/// The greater one; +0 above -0; NaN if one is.
inline std::uint32_t maximum(std::uint32_t a, std::uint32_t b) {
  if (std::isnan(float_of(a)) || std::isnan(float_of(b))) return canonical_nan;
  constexpr std::uint32_t sign = 0x80000000;
  const auto order = [](std::uint32_t bits) { return (bits & sign) != 0 ? ~bits : bits | sign; };
  return order(a) > order(b) ? a : b;
}

/// Of a signed integer.
inline std::uint32_t shift_right(std::uint32_t x, int bits) {
  return x >> bits | ((x >> 31) != 0 && bits > 0 ? ~0U << (32 - bits) : 0);
}

inline bool half_is_nan(std::uint16_t half) { return (half & 0x7fffU) > 0x7c00U; }
/// max(x, +0); NaN stays NaN.
inline std::uint16_t relu(std::uint16_t x) {
  if (half_is_nan(x)) return half_nan;
  return (x & 0x8000U) != 0 ? std::uint16_t{0} : x;
}
/// x > 0
inline bool is_positive_half(std::uint16_t x) { return !half_is_nan(x) && x != 0 && (x & 0x8000U) == 0; }

/// The product of two halves is exact in fp32, so this rounds once.
inline std::uint16_t scale_half(std::uint16_t x, std::uint16_t y) {
  return float_to_half(half_to_float(x) * half_to_float(y));
}

inline std::uint16_t to_half(std::uint32_t value) { return float_to_half(float_of(value)); }

}  // namespace weft::hw
