#include "tlm/base/fp16.h"

#include <algorithm>
#include <cstring>

namespace weft {

// Integer arithmetic without branches, which the compiler turns into vectors on any processor. Names: an fp32 of size
// 2^-14 is the smallest normal fp16; 65536, one step above the largest, takes the place of everything beyond.

namespace {

constexpr std::uint32_t float_sign = 0x80000000, float_infinity = 0x7f800000, float_nan = 0x7fc00000;
constexpr std::uint32_t smallest_normal = 0x38800000, beyond_largest = 0x47800000;
constexpr int dropped_bits = 13;                      // of the 23 bits of an fp32 fraction, fp16 has 10
constexpr std::uint32_t exponent_shift = 112U << 23;  // difference of the biases, 127 - 15
constexpr std::uint32_t half_sign = 0x8000, half_infinity = 0x7c00, half_smallest_normal = 0x0400;

inline std::uint32_t bits_of(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

inline float from_bits(std::uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// `yes` or `no` by arithmetic: a conditional would sink what follows from one side into a branch.
inline std::uint32_t select(bool condition, std::uint32_t yes, std::uint32_t no) {
  return no ^ ((yes ^ no) & -static_cast<std::uint32_t>(condition));
}

/// Nearest multiple of 2^13, ties to the even one. A carry into the exponent is right as it is.
inline std::uint32_t rounded(std::uint32_t size) {
  constexpr std::uint32_t below_half = (1U << (dropped_bits - 1)) - 1;
  return size + below_half + (size >> dropped_bits & 1);
}

inline float widen(std::uint16_t half) {
  const std::uint32_t sign = (half & half_sign) << 16, size = half & ~half_sign & 0xffff;
  const std::uint32_t normal = (size << dropped_bits) + exponent_shift;
  // A subnormal is the fraction of 2^-14 (1 + fraction), less 2^-14: exact.
  const std::uint32_t subnormal =
      bits_of(from_bits(smallest_normal | size << dropped_bits) - from_bits(smallest_normal));
  const std::uint32_t finite = select(size < half_smallest_normal, subnormal, normal);
  const std::uint32_t number = select(size == half_infinity, float_infinity, finite) | sign;
  return from_bits(select(size > half_infinity, float_nan, number));
}

inline std::uint16_t narrow(float value) {
  const std::uint32_t bits = bits_of(value), sign = (bits & float_sign) >> 16, size = bits & ~float_sign;
  const std::uint32_t normal = (rounded(std::min(size, beyond_largest)) - exponent_shift) >> dropped_bits;
  // The last bit of an fp32 in [0.5, 1) is 2^-24, the step of subnormals: the addition rounds.
  const std::uint32_t subnormal = bits_of(from_bits(size) + 0.5F) - bits_of(0.5F);
  const std::uint32_t number = select(size < smallest_normal, subnormal, normal) | sign;
  return static_cast<std::uint16_t>(select(size > float_infinity, half_nan, number));
}

inline float round_value(float value) {
  const std::uint32_t bits = bits_of(value), sign = bits & float_sign, size = bits & ~float_sign;
  constexpr std::uint32_t kept = ~((1U << dropped_bits) - 1);
  const std::uint32_t step = rounded(size) & kept;
  const std::uint32_t normal = select(step >= beyond_largest, float_infinity, step);
  const std::uint32_t subnormal = bits_of((from_bits(size) + 0.5F) - 0.5F);
  const std::uint32_t number = select(size < smallest_normal, subnormal, normal) | sign;
  return from_bits(select(size > float_infinity, float_nan, number));
}

}  // namespace

float half_to_float(std::uint16_t half) { return widen(half); }
std::uint16_t float_to_half(float value) { return narrow(value); }
float round_to_half(float value) { return round_value(value); }

void half_to_float(const std::uint16_t* from, float* to, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) to[i] = widen(from[i]);
}

void float_to_half(const float* from, std::uint16_t* to, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) to[i] = narrow(from[i]);
}

void round_to_half(const float* from, float* to, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) to[i] = round_value(from[i]);
}

}  // namespace weft
