#pragma once
// fp16 (IEEE binary16) held as its bits, and its conversions: round to nearest even, subnormals kept, overflow to
// infinity, every NaN canonical (0x7e00, 0x7fc00000). Bits do not depend on the processor.
#include <cstddef>
#include <cstdint>

namespace weft {

inline constexpr std::uint16_t half_nan = 0x7e00;

float half_to_float(std::uint16_t half);
std::uint16_t float_to_half(float value);
/// The fp16 value nearest to `value`, as a float.
float round_to_half(float value);

/// Arrays of `count` elements; `from` and `to` do not overlap, but round_to_half may work in place.
void half_to_float(const std::uint16_t* from, float* to, std::size_t count);
void float_to_half(const float* from, std::uint16_t* to, std::size_t count);
void round_to_half(const float* from, float* to, std::size_t count);

}  // namespace weft
