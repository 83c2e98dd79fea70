#include "tlm/base/fp16.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace weft {

namespace {

// The compiler's binary16 rounds as IEEE 754 says, in hardware or in its support library. Only NaNs are ours.
__extension__ using Half = _Float16;

Half from_bits(std::uint16_t bits) {
  Half half;
  std::memcpy(&half, &bits, sizeof half);
  return half;
}

std::uint16_t to_bits(Half half) {
  std::uint16_t bits;
  std::memcpy(&bits, &half, sizeof bits);
  return bits;
}

inline float widen(std::uint16_t bits) {
  const auto value = static_cast<float>(from_bits(bits));
  return value == value ? value : std::numeric_limits<float>::quiet_NaN();
}

inline std::uint16_t narrow(float value) { return value == value ? to_bits(static_cast<Half>(value)) : half_nan; }

}  // namespace

float half_to_float(std::uint16_t half) { return widen(half); }
std::uint16_t float_to_half(float value) { return narrow(value); }
float round_to_half(float value) { return widen(narrow(value)); }

void half_to_float(const std::uint16_t* from, float* to, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) to[i] = widen(from[i]);
}

void float_to_half(const float* from, std::uint16_t* to, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) to[i] = narrow(from[i]);
}

void round_to_half(const float* from, float* to, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) to[i] = widen(narrow(from[i]));
}

}  // namespace weft
