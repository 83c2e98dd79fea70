#pragma once
// Exponential, logarithm and the generator of dropout, as fixed sequences of the machine's own operations, so that
// every implementation gives the same bits. Lengths are PeSpec::special_function_cycles per element.
#include <cmath>
#include <cstdint>
#include <cstring>

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

/// 32 random bits for one element, from a key and the element's global place (three rounds of multiply and xor-shift).
inline std::uint32_t dropout_bits(std::uint64_t key, std::uint32_t feature, std::uint32_t sample) {
  std::uint64_t state = key ^ (static_cast<std::uint64_t>(feature) << 32 | sample);
  for (int round = 0; round < 3; ++round) {
    state ^= state >> 31;
    state *= 0x9e3779b97f4a7c15ULL;
  }
  return static_cast<std::uint32_t>(state >> 32);
}

}  // namespace weft::hw
