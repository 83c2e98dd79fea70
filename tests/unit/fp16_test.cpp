// Question: are the fp16 conversions IEEE 754's, in every one of the 65536 halves and at every rounding gate?
#include "tlm/base/fp16.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

using namespace weft;

namespace {

std::uint32_t bits_of(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

float from_bits(std::uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

constexpr std::uint32_t float_nan_bits = 0x7fc00000;

bool is_nan(std::uint16_t half) { return (half & 0x7c00) == 0x7c00 && (half & 0x03ff) != 0; }

/// The value of a half by IEEE 754's formula; not for NaN. Independent of any conversion.
double value_of(std::uint16_t half) {
  const int exponent = half >> 10 & 0x1f, fraction = half & 0x3ff;
  const double size = exponent == 0x1f ? std::numeric_limits<double>::infinity()
                      : exponent == 0  ? std::ldexp(fraction, -24)
                                       : std::ldexp(1024 + fraction, exponent - 25);
  return (half & 0x8000) != 0 ? -size : size;
}

/// Nearest half, ties to the even one, by search in the table of all finite sizes.
std::uint16_t nearest(float value) {
  if (std::isnan(value)) return half_nan;
  const auto sign = static_cast<std::uint16_t>(std::signbit(value) ? 0x8000 : 0);
  const double size = std::fabs(static_cast<double>(value));
  if (size >= 65520.0) return sign | 0x7c00;  // half a step above the largest
  std::uint16_t low = 0, high = 0x7c00;       // value_of(low) <= size < "value_of"(high)
  while (high - low > 1) {
    const auto middle = static_cast<std::uint16_t>((low + high) / 2);
    (value_of(middle) <= size ? low : high) = middle;
  }
  const double above = high == 0x7c00 ? 65536.0 : value_of(high);
  const double down = size - value_of(low), up = above - size;
  const bool take_high = up < down || (up == down && low % 2 == 1);
  return static_cast<std::uint16_t>(sign | (take_high ? high : low));
}

/// One value through all the ways to convert it.
void check(float value) {
  const std::uint16_t expected = nearest(value);
  if (float_to_half(value) != expected || bits_of(round_to_half(value)) != bits_of(half_to_float(expected)))
    FAIL("value " << value << ", bits " << bits_of(value) << ": " << float_to_half(value) << " is not " << expected);
}

}  // namespace

TEST_CASE("every half widens to its value, and back to its bits") {
  for (std::uint32_t bits = 0; bits <= 0xffff; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float wide = half_to_float(half);
    if (is_nan(half)) {
      REQUIRE(bits_of(wide) == float_nan_bits);
      REQUIRE(float_to_half(wide) == half_nan);
    } else {
      REQUIRE(static_cast<double>(wide) == value_of(half));
      REQUIRE(float_to_half(wide) == half);  // keeps the sign of zero, too
      REQUIRE(bits_of(round_to_half(wide)) == bits_of(wide));
    }
  }
}

TEST_CASE("gates: half way between any two neighbours, and one float below and above") {
  int checked = 0;
  for (std::uint16_t low = 0; low < 0x7c00; ++low) {
    const double above = low == 0x7bff ? 65536.0 : value_of(static_cast<std::uint16_t>(low + 1));
    const auto middle = static_cast<float>((value_of(low) + above) / 2);
    for (const float size : {std::nextafter(middle, 0.0F), middle, std::nextafter(middle, 1e30F)}) {
      check(size);
      check(-size);
      checked += 2;
    }
  }
  CHECK(checked == 6 * 0x7c00);
}

TEST_CASE("floats of every exponent") {
  std::mt19937 random(1);
  int checked = 0;
  for (std::uint32_t exponent = 0; exponent < 256; ++exponent)
    for (int draw = 0; draw < 2000; ++draw, ++checked) check(from_bits((random() & 0x807fffff) | exponent << 23));
  CHECK(checked == 256 * 2000);
}

TEST_CASE("edges by name") {
  CHECK(float_to_half(65504.0F) == 0x7bff);
  CHECK(float_to_half(std::nextafter(65520.0F, 0.0F)) == 0x7bff);
  CHECK(float_to_half(65520.0F) == 0x7c00);
  CHECK(float_to_half(-std::numeric_limits<float>::infinity()) == 0xfc00);
  CHECK(float_to_half(std::ldexp(1.0F, -24)) == 0x0001);
  CHECK(float_to_half(std::ldexp(1.0F, -25)) == 0x0000);  // a tie: to the even zero
  CHECK(float_to_half(std::ldexp(1.5F, -25)) == 0x0001);
  CHECK(float_to_half(-std::numeric_limits<float>::denorm_min()) == 0x8000);
  for (const std::uint32_t nan : {0x7f800001U, 0x7fc00000U, 0xffc00000U, 0x7fffffffU, 0xff812345U}) {
    CHECK(float_to_half(from_bits(nan)) == half_nan);
    CHECK(bits_of(round_to_half(from_bits(nan))) == float_nan_bits);
  }
}

TEST_CASE("arrays give the bits of single values, at any length and start") {
  std::mt19937 random(2);
  for (const std::size_t count : {0U, 1U, 7U, 16U, 33U, 1000U}) {
    std::vector<float> wide(count + 1);
    std::vector<std::uint16_t> half(count + 1);
    for (std::size_t i = 0; i < count; ++i) {
      wide[i] = from_bits(static_cast<std::uint32_t>(random()));
      if (random() % 2 == 0) wide[i] = from_bits((bits_of(wide[i]) & 0x807fffff) | (100 + random() % 50) << 23);
      half[i] = static_cast<std::uint16_t>(random());
    }
    wide[count] = 3.0F;
    half[count] = 0x1234;
    std::vector<float> widened(count + 1, 3.0F), rounded(wide);
    std::vector<std::uint16_t> narrowed(count + 1, 0x1234);
    half_to_float(half.data(), widened.data(), count);
    float_to_half(wide.data(), narrowed.data(), count);
    round_to_half(rounded.data(), rounded.data(), count);
    for (std::size_t i = 0; i < count; ++i) {
      REQUIRE(bits_of(widened[i]) == bits_of(half_to_float(half[i])));
      REQUIRE(narrowed[i] == nearest(wide[i]));
      REQUIRE(bits_of(rounded[i]) == bits_of(half_to_float(nearest(wide[i]))));
    }
    CHECK(widened[count] == 3.0F);
    CHECK(narrowed[count] == 0x1234);
    CHECK(rounded[count] == 3.0F);
  }
}
