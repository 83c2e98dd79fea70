#pragma once
// Halves of fp16, which most tests have.
#include "tlm/base/half.h"

namespace weft {

inline constexpr HalfFormat fp16 = HalfFormat::fp16;
inline constexpr std::uint16_t half_nan = Half<fp16>::nan;

inline float half_to_float(std::uint16_t half) { return half_to_float(fp16, half); }
inline std::uint16_t float_to_half(float value) { return float_to_half(fp16, value); }
inline float round_to_half(float value) { return round_to_half(fp16, value); }
inline void half_to_float(const std::uint16_t* from, float* to, std::size_t count) {
  half_to_float(fp16, from, to, count);
}
inline void float_to_half(const float* from, std::uint16_t* to, std::size_t count) {
  float_to_half(fp16, from, to, count);
}
inline void round_to_half(const float* from, float* to, std::size_t count) { round_to_half(fp16, from, to, count); }

}  // namespace weft
