#pragma once
// The datapath's arithmetic on bits: round to nearest even, subnormals kept, every NaN result canonical (0x7fc00000,
// Half::nan).
#include <cmath>
#include <cstdint>
#include <cstring>

#include "tlm/base/half.h"

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

/// With halves of a format: HalfArithmetic<Half<HalfFormat::fp16>>.
template <typename Half>
struct HalfArithmetic {
  /// half x half + fp32, rounded once, also where fp32 could not hold the product.
  static std::uint32_t fused_multiply_add(std::uint16_t x, std::uint16_t y, std::uint32_t accumulator) {
    return result_bits(std::fma(Half::widen(x), Half::widen(y), float_of(accumulator)));
  }
  /// half x half + half: rounded to fp32, then to a half. Two units of the tile, one behind the other.
  static std::uint16_t fused_multiply_add_half(std::uint16_t x, std::uint16_t y, std::uint16_t accumulator) {
    return to_half(fused_multiply_add(x, y, widen(accumulator)));
  }
  static std::uint32_t widen(std::uint16_t x) { return result_bits(Half::widen(x)); }
  /// max(x, +0); NaN stays NaN.
  static std::uint16_t relu(std::uint16_t x) {
    if (Half::is_nan(x)) return Half::nan;
    return (x & Half::sign) != 0 ? std::uint16_t{0} : x;
  }
  /// x > 0
  static bool is_positive(std::uint16_t x) { return !Half::is_nan(x) && x != 0 && (x & Half::sign) == 0; }
  /// Rounded once: fp32 holds the product of two halves exactly, or rounds what both it and the half take for infinite
  /// or, below the half's smallest number, for a tie that goes to zero.
  static std::uint16_t scale(std::uint16_t x, std::uint16_t y) { return Half::narrow(Half::widen(x) * Half::widen(y)); }
  static std::uint16_t to_half(std::uint32_t value) { return Half::narrow(float_of(value)); }
};

/// visit(HalfArithmetic) of a format.
template <typename Visit>
decltype(auto) with_arithmetic(HalfFormat format, Visit&& visit) {
  return with_half(format, [&visit](auto half) { return visit(HalfArithmetic<decltype(half)>()); });
}

inline std::uint32_t fused_multiply_add(HalfFormat format, std::uint16_t x, std::uint16_t y,
                                        std::uint32_t accumulator) {
  return with_arithmetic(format, [=](auto halves) { return decltype(halves)::fused_multiply_add(x, y, accumulator); });
}
inline std::uint16_t fused_multiply_add_half(HalfFormat format, std::uint16_t x, std::uint16_t y,
                                             std::uint16_t accumulator) {
  return with_arithmetic(format,
                         [=](auto halves) { return decltype(halves)::fused_multiply_add_half(x, y, accumulator); });
}
inline std::uint16_t to_half(HalfFormat format, std::uint32_t value) {
  return with_arithmetic(format, [=](auto halves) { return decltype(halves)::to_half(value); });
}
inline std::uint32_t widened(HalfFormat format, std::uint16_t value) {
  return with_arithmetic(format, [=](auto halves) { return decltype(halves)::widen(value); });
}
}  // namespace weft::hw
