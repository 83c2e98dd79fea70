#pragma once
// Exponential, reciprocal, root, logarithm and the generator of dropout, as fixed sequences of the machine's own
// operations, so that every implementation gives the same bits. hw/pe/special_sequences.h has the instructions.
#include <array>
#include <cmath>
#include <cstdint>

#include "hw/pe/arithmetic.h"
#include "tlm/base/half.h"

namespace weft::hw {

/// What a sum with 1.5 x 2^23 rounds to an integer; its low bits are that integer.
inline constexpr float integer_place = 12582912.0F;
inline constexpr std::uint32_t integer_place_bits = 0x4b400000;
inline constexpr int exponent_shift = 23;  ///< of an fp32
/// ln 2 in two parts: n times the first is exact for |n| < 2^9.
inline constexpr float minus_ln2_high = -0.693145752F, minus_ln2_low = -1.42860677e-6F;

/// e^x = 2^n e^r, |r| <= ln 2 / 2, by the Taylor series of degree 7.
struct Exponential {
  static constexpr float least = -87.0F, log2_e = 1.44269504F;
  static constexpr float highest = 1.0F / 5040.0F;  ///< coefficient
  static constexpr std::array<float, 7> others = {1.0F / 720.0F, 1.0F / 120.0F, 1.0F / 24.0F, 1.0F / 6.0F,
                                                  0.5F,          1.0F,          1.0F};
};

/// 1/x from an integer's difference (12 % off), then three steps of Newton's q (2 - x q).
struct Reciprocal {
  static constexpr std::uint32_t seed = 0x7ef311c7;
  static constexpr int steps = 3;
};

/// 1/sqrt x from an integer's difference (3.5 % off), then three steps of Newton's q (1.5 - x q^2 / 2).
struct ReciprocalRoot {
  static constexpr std::uint32_t seed = 0x5f3759df;
  static constexpr int steps = 3;
};

/// log x = n ln 2 + log m, m in [1/sqrt 2, sqrt 2): log(1 + f) = f P(f), P of degree 8, fitted to 1.8e-8 in Chebyshev
/// nodes.
struct Logarithm {
  static constexpr std::uint32_t least_mantissa = 0x3f3504f3;  ///< 1/sqrt 2
  static constexpr float highest = 0.0874394551F;              ///< coefficient
  static constexpr std::array<float, 8> others = {-0.143773302F, 0.149490952F, -0.165606961F, 0.199569777F,
                                                  -0.250021547F, 0.333341837F, -0.499999881F, 1.0F};
};

namespace special {

inline std::uint32_t fma32(float scalar, std::uint32_t x, std::uint32_t sum) {
  return fused_multiply_add32(result_bits(scalar), x, sum);
}

template <std::size_t N>
std::uint32_t polynomial(float highest, const std::array<float, N>& others, std::uint32_t x) {
  std::uint32_t sum = result_bits(highest);
  for (const float coefficient : others) sum = fused_multiply_add32(sum, x, result_bits(coefficient));
  return sum;
}

}  // namespace special

/// e^x in fp32, relative error below 1e-6 for -87 <= x <= 80; below, it is e^-87 = 1.6e-38, nothing beside a sum of at
/// least one. NaN of NaN. Precondition: not x > 80.
inline float machine_exp(float value) {
  const std::uint32_t x = maximum(result_bits(value), result_bits(Exponential::least));
  const std::uint32_t placed = special::fma32(Exponential::log2_e, x, integer_place_bits);
  const std::uint32_t n = add(result_bits(-integer_place), placed);
  const std::uint32_t rest = special::fma32(minus_ln2_low, n, special::fma32(minus_ln2_high, n, x));
  return float_of(special::polynomial(Exponential::highest, Exponential::others, rest) + (placed << exponent_shift));
}

/// 1/x in fp32, relative error below 3e-7. NaN of NaN. Precondition: 1e-36 < x < 1e36, or NaN.
inline float machine_reciprocal(float value) {
  const std::uint32_t x = result_bits(value);
  std::uint32_t q = 0U - (x - Reciprocal::seed);
  for (int step = 0; step < Reciprocal::steps; ++step)
    q = multiply(q, fused_multiply_add32(subtract(0, x), q, result_bits(2.0F)));
  return float_of(q);
}

/// 1/sqrt x in fp32, relative error below 3e-7. NaN of NaN, not finite of infinity. Precondition: 1e-36 < x, or NaN.
inline float machine_reciprocal_root(float value) {
  const std::uint32_t x = result_bits(value), minus_half = special::fma32(-0.5F, x, 0);
  std::uint32_t q = 0U - (0U - ReciprocalRoot::seed + shift_right(x, 1));
  for (int step = 0; step < ReciprocalRoot::steps; ++step)
    q = multiply(q, fused_multiply_add32(multiply(q, q), minus_half, result_bits(1.5F)));
  return float_of(q);
}

/// Natural logarithm in fp32, absolute error below 1e-6 for x in [1, 1e6]; of NaN some number. Precondition: x > 0,
/// finite and not subnormal, or NaN.
inline float machine_log(float value) {
  const std::uint32_t x = result_bits(value);
  // Minus n, minus one: the complement keeps the rounding down that a shift does.
  const std::uint32_t complement = 0U - (x + (1U - Logarithm::least_mantissa));
  const std::uint32_t placed = integer_place_bits + 1 + shift_right(complement, exponent_shift);
  const std::uint32_t f = subtract(x + (placed << exponent_shift), result_bits(1.0F));
  const std::uint32_t minus_n = subtract(placed, integer_place_bits);
  const std::uint32_t log_m = multiply(special::polynomial(Logarithm::highest, Logarithm::others, f), f);
  return float_of(special::fma32(minus_ln2_high, minus_n, special::fma32(minus_ln2_low, minus_n, log_m)));
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

/// What is kept is multiplied with this value of `format`.
inline float dropout_scale(HalfFormat format, double probability) {
  return round_to_half(format, static_cast<float>(1.0 / (1.0 - probability)));
}

}  // namespace weft::hw
