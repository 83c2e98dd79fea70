#pragma once
// Exponential, logarithm and the generator of dropout, as fixed sequences of the machine's own operations, so that
// every implementation gives the same bits. Lengths are PeSpec::special_function_cycles per element.
#include <cmath>
#include <cstdint>
#include <cstring>

#include "tlm/base/fp16.h"

namespace weft::hw {

/// e^x in fp32: x = n ln 2 + r with |r| <= ln 2 / 2 (two-step reduction), Taylor series of degree 7 by fma, times 2^n.
/// Relative error below 1e-6 for x <= 0; below -87 the result is 0. Precondition: x <= 0 or NaN.
inline float machine_exp(float x) {
  if (x < -87.0F) return 0.0F;
  const float n = std::nearbyintf(x * 1.44269504F);
  float r = std::fma(n, -0.693145752F, x);
  r = std::fma(n, -1.42860677e-6F, r);
  float sum = 1.0F / 5040.0F;
  for (float coefficient : {1.0F / 720.0F, 1.0F / 120.0F, 1.0F / 24.0F, 1.0F / 6.0F, 0.5F, 1.0F, 1.0F})
    sum = std::fma(sum, r, coefficient);
  return std::ldexp(sum, static_cast<int>(n));
}

/// Natural logarithm in fp32: x = m 2^n with m in [1/sqrt 2, sqrt 2), 2 atanh((m - 1) / (m + 1)) by its series to the
/// ninth power. Absolute error below 1e-6 for x in [1, 1e6]. Precondition: x > 0, finite, or NaN.
inline float machine_log(float x) {
  int exponent = 0;
  float mantissa = std::frexp(x, &exponent);
  if (mantissa < 0.70710678F) {
    mantissa *= 2.0F;
    --exponent;
  }
  const float s = (mantissa - 1.0F) / (mantissa + 1.0F), square = s * s;
  float sum = 1.0F / 9.0F;
  for (float coefficient : {1.0F / 7.0F, 1.0F / 5.0F, 1.0F / 3.0F, 1.0F}) sum = std::fma(sum, square, coefficient);
  const auto n = static_cast<float>(exponent);
  return std::fma(n, 0.693145752F, std::fma(2.0F * s, sum, n * 1.42860677e-6F));
}

/// The generator of dropout's mask, as the PE computes it with COUNT32, XOR_SHIFT32 and MUL_INT32 (after Wellons'
/// 32-bit mixers): a counter of the element's global place, whose multiplier and origin are the launch's key. Counters
/// of samples 65,551 apart are those of 225 features further on: a batch beyond that has masks that repeat, shifted.
struct DropoutMix {
  static constexpr std::uint16_t sample_step = 65521, feature_step = 1;
  static constexpr int first_shift = 16, second_shift = 15, last_shift = 16;
  static constexpr std::uint32_t last_factor = 0x846ca68b;

  static constexpr std::uint32_t origin(std::uint64_t key) { return static_cast<std::uint32_t>(key); }
  static constexpr std::uint32_t first_factor(std::uint64_t key) {
    return (static_cast<std::uint32_t>(key >> 32) ^ 0x7feb352d) | 1;
  }
  /// Counter of an element.
  static constexpr std::uint32_t counter(std::uint64_t key, std::uint32_t feature, std::uint32_t sample) {
    return origin(key) + feature * feature_step + sample * sample_step;
  }
};

/// 32 random bits for one element, from a key and the element's global place.
inline std::uint32_t dropout_bits(std::uint64_t key, std::uint32_t feature, std::uint32_t sample) {
  std::uint32_t x = DropoutMix::counter(key, feature, sample);
  x ^= x >> DropoutMix::first_shift;
  x *= DropoutMix::first_factor(key);
  x ^= x >> DropoutMix::second_shift;
  x *= DropoutMix::last_factor;
  return x ^ x >> DropoutMix::last_shift;
}

/// An element whose bits are below this is dropped. Precondition: 0 <= probability < 1.
inline std::uint32_t dropout_threshold(double probability) {
  return static_cast<std::uint32_t>(std::ldexp(probability, 32));
}

/// What is kept is multiplied with this fp16 value.
inline float dropout_scale(double probability) { return round_to_half(static_cast<float>(1.0 / (1.0 - probability))); }

}  // namespace weft::hw
