#pragma once
// Halves: numbers of 16 bits, held as their bits. A format is IEEE 754's with so many bits of exponent: sign, exponent,
// fraction; subnormals; the largest exponent for infinity and NaN. Conversions round to nearest even, keep subnormals,
// overflow to infinity and make every NaN canonical (the fraction's upper bit alone; 0x7fc00000 in fp32). Bits do not
// depend on the processor. fp32 holds every half of every format.
//
// To add one: its enumerator, its row in half_formats and its case in with_half(); a test of every format finds it
// there.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace weft {

/// The enumerator is the bits of the exponent, which is also what the tile's host port is told (rtl/ISA.md).
enum class HalfFormat : std::uint8_t { fp16 = 5, cb16 = 6, bf16 = 8 };

struct HalfFormatRow {
  HalfFormat format;
  const char* name;            ///< here
  const char* in_model_files;  ///< `fp16_type`
  double loss_scale;           ///< of dynamic loss scaling: the first and largest (source: the public gradient scaler)
};
inline constexpr HalfFormatRow half_formats[] = {
    {HalfFormat::fp16, "fp16", "float16", 32768.0},
    {HalfFormat::bf16, "bf16", "bfloat16", 32768.0},
    {HalfFormat::cb16, "cb16", "cbfloat16", 2147483648.0},
};
const HalfFormatRow& half_format(HalfFormat format);

/// What is done to single halves of a format that is known when compiled. Integer arithmetic without branches, which
/// the compiler turns into vectors on any processor. The size of a number is its bits without the sign.
template <HalfFormat format>
struct Half {
  static constexpr int exponent_bits = static_cast<int>(format), fraction_bits = 15 - exponent_bits;
  static constexpr std::uint32_t sign = 0x8000;
  static constexpr std::uint32_t infinity = ((1U << exponent_bits) - 1) << fraction_bits;
  static constexpr std::uint16_t nan = infinity | 1U << (fraction_bits - 1);

  static float widen(std::uint16_t half) {
    const std::uint32_t size = half & ~sign & 0xffff, normal = (size << dropped_bits) + exponent_shift;
    std::uint32_t finite = normal;
    // A subnormal is the fraction of the smallest normal x (1 + fraction), less that: exact.
    if constexpr (!has_fp32_exponents)
      finite = select(size < 1U << fraction_bits,
                      bits_of(from_bits(smallest_normal | size << dropped_bits) - from_bits(smallest_normal)), normal);
    const std::uint32_t number = select(size == infinity, float_infinity, finite) | (half & sign) << 16;
    return from_bits(select(size > infinity, float_nan, number));
  }

  static std::uint16_t narrow(float value) {
    const std::uint32_t bits = bits_of(value), size = bits & ~float_sign;
    const std::uint32_t normal = (rounded(std::min(size, beyond_largest)) - exponent_shift) >> dropped_bits;
    const std::uint32_t finite = with_subnormals(
        size, normal, [size] { return bits_of(from_bits(size) + rounds_subnormals()) - bits_of(rounds_subnormals()); });
    const std::uint32_t number = finite | (bits & float_sign) >> 16;
    return static_cast<std::uint16_t>(select(size > float_infinity, nan, number));
  }

  /// The half nearest to `value`, as a float.
  static float round(float value) {
    const std::uint32_t bits = bits_of(value), size = bits & ~float_sign;
    const std::uint32_t step = rounded(size) & ~((1U << dropped_bits) - 1);
    const std::uint32_t normal = select(step >= beyond_largest, float_infinity, step);
    const std::uint32_t finite = with_subnormals(
        size, normal, [size] { return bits_of((from_bits(size) + rounds_subnormals()) - rounds_subnormals()); });
    return from_bits(select(size > float_infinity, float_nan, finite | (bits & float_sign)));
  }

  static bool is_nan(std::uint16_t half) { return (half & ~sign & 0xffff) > infinity; }

  static constexpr int bias = (1 << (exponent_bits - 1)) - 1;
  /// As fp32: the smallest normal half; one step above the largest, in the place of everything beyond.
  static constexpr std::uint32_t smallest_normal = static_cast<std::uint32_t>(128 - bias) << 23;
  static constexpr std::uint32_t beyond_largest = static_cast<std::uint32_t>(128 + bias) << 23;

 private:
  static constexpr std::uint32_t float_sign = 0x80000000, float_infinity = 0x7f800000, float_nan = 0x7fc00000;
  static constexpr int dropped_bits = 23 - fraction_bits;  ///< of an fp32's fraction
  static constexpr std::uint32_t exponent_shift = static_cast<std::uint32_t>(127 - bias) << 23;
  static constexpr bool has_fp32_exponents = exponent_shift == 0;

  static std::uint32_t bits_of(float value) {
    std::uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
  }
  static float from_bits(std::uint32_t bits) {
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  /// `yes` or `no` by arithmetic: a conditional would sink what follows from one side into a branch.
  static std::uint32_t select(bool condition, std::uint32_t yes, std::uint32_t no) {
    return no ^ ((yes ^ no) & -static_cast<std::uint32_t>(condition));
  }
  /// Nearest multiple of a half's last bit, ties to the even one. A carry into the exponent is right as it is.
  static std::uint32_t rounded(std::uint32_t size) {
    constexpr std::uint32_t below_middle = (1U << (dropped_bits - 1)) - 1;
    return size + below_middle + (size >> dropped_bits & 1);
  }
  /// Its last bit is the step of subnormals: an addition to it rounds to them.
  static float rounds_subnormals() {
    return from_bits(static_cast<std::uint32_t>(127 + 24 - bias - fraction_bits) << 23);
  }
  /// `normal`, or subnormal() of what is smaller. Where exponents are fp32's, `normal` is right for all.
  template <typename Subnormal>
  static std::uint32_t with_subnormals(std::uint32_t size, std::uint32_t normal, Subnormal&& subnormal) {
    if constexpr (has_fp32_exponents) return normal;
    return select(size < smallest_normal, subnormal(), normal);
  }
};

/// visit(Half<format>()): a loop inside is compiled for each format and asks once.
template <typename Visit>
decltype(auto) with_half(HalfFormat format, Visit&& visit) {
  switch (format) {
    case HalfFormat::bf16:
      return visit(Half<HalfFormat::bf16>());
    case HalfFormat::cb16:
      return visit(Half<HalfFormat::cb16>());
    default:
      return visit(Half<HalfFormat::fp16>());
  }
}

inline float half_to_float(HalfFormat format, std::uint16_t half) {
  return with_half(format, [half](auto kind) { return decltype(kind)::widen(half); });
}
inline std::uint16_t float_to_half(HalfFormat format, float value) {
  return with_half(format, [value](auto kind) { return decltype(kind)::narrow(value); });
}
/// The half nearest to `value`, as a float.
inline float round_to_half(HalfFormat format, float value) {
  return with_half(format, [value](auto kind) { return decltype(kind)::round(value); });
}

/// Arrays of `count` elements; `from` and `to` do not overlap, but round_to_half may work in place.
void half_to_float(HalfFormat format, const std::uint16_t* from, float* to, std::size_t count);
void float_to_half(HalfFormat format, const float* from, std::uint16_t* to, std::size_t count);
void round_to_half(HalfFormat format, const float* from, float* to, std::size_t count);

/// What the rounding to halves did to values.
struct HalfLosses {
  std::int64_t values = 0;
  std::int64_t zeros = 0;       ///< that were not zero before
  std::int64_t infinities = 0;  ///< that were finite before

  void add(const HalfLosses& other) {
    values += other.values;
    zeros += other.zeros;
    infinities += other.infinities;
  }
};

/// Of `count` values that are to be rounded.
HalfLosses losses_of(HalfFormat format, const float* values, std::size_t count);

}  // namespace weft
