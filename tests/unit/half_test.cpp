// Question: are the conversions of every format IEEE 754's with so many bits of exponent, in every one of the 65536
// halves and at every rounding gate? The oracle is the formula, in double precision, and a search in the table of all
// sizes.
#include "tlm/base/half.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "tests/unit/half_hashes.h"

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

/// A format told anew: `exponent` bits of exponent.
struct Oracle {
  int exponent;
  int fraction() const { return 15 - exponent; }
  int bias() const { return (1 << (exponent - 1)) - 1; }
  int largest_field() const { return (1 << exponent) - 1; }
  std::uint16_t infinity() const { return static_cast<std::uint16_t>(largest_field() << fraction()); }
  std::uint16_t nan() const { return static_cast<std::uint16_t>(infinity() + (1 << (fraction() - 1))); }
  bool is_nan(std::uint16_t half) const { return (half & 0x7fff) > infinity(); }
  /// One step above the largest.
  double beyond() const { return std::ldexp(1.0, bias() + 1); }

  /// Of a half by IEEE 754's formula; not for NaN.
  double value_of(std::uint16_t half) const {
    const int field = half >> fraction() & largest_field(), part = half & ((1 << fraction()) - 1);
    const double size = field == largest_field() ? std::numeric_limits<double>::infinity()
                        : field == 0             ? std::ldexp(part, 1 - bias() - fraction())
                                                 : std::ldexp((1 << fraction()) + part, field - bias() - fraction());
    return (half & 0x8000) != 0 ? -size : size;
  }

  /// Nearest half, ties to the even one, by search in the table of all finite sizes.
  std::uint16_t nearest(float value) const {
    if (std::isnan(value)) return nan();
    const auto sign = static_cast<std::uint16_t>(std::signbit(value) ? 0x8000 : 0);
    const double size = std::fabs(static_cast<double>(value));
    std::uint16_t low = 0, high = infinity();  // value_of(low) <= size < "value_of"(high)
    while (high - low > 1) {
      const auto middle = static_cast<std::uint16_t>((low + high) / 2);
      (value_of(middle) <= size ? low : high) = middle;
    }
    const double above = high == infinity() ? beyond() : value_of(high);
    const double down = size - value_of(low), up = above - size;
    const bool take_high = up < down || (up == down && low % 2 == 1);
    return static_cast<std::uint16_t>(sign | (take_high ? high : low));
  }
};

/// One value through all the ways to convert it.
void check(HalfFormat format, const Oracle& oracle, float value) {
  const std::uint16_t expected = oracle.nearest(value);
  if (float_to_half(format, value) != expected ||
      bits_of(round_to_half(format, value)) != bits_of(half_to_float(format, expected)))
    FAIL(half_format(format).name << ": value " << value << ", bits " << bits_of(value) << ": "
                                  << float_to_half(format, value) << " is not " << expected);
}

/// Calls visit(format, oracle) for each.
template <typename Visit>
void each_format(Visit&& visit) {
  for (const HalfFormatRow& row : half_formats) {
    INFO(row.name);
    visit(row.format, Oracle{static_cast<int>(row.format)});
  }
}

}  // namespace

TEST_CASE("every half of every format widens to its value, and back to its bits") {
  each_format([](HalfFormat format, const Oracle& oracle) {
    int wrong = 0;
    for (std::uint32_t bits = 0; bits <= 0xffff; ++bits) {
      const auto half = static_cast<std::uint16_t>(bits);
      const float wide = half_to_float(format, half);
      if (oracle.is_nan(half)) {
        wrong += bits_of(wide) != float_nan_bits || float_to_half(format, wide) != oracle.nan();
      } else {  // back with the sign of zero, too
        wrong += static_cast<double>(wide) != oracle.value_of(half) || float_to_half(format, wide) != half ||
                 bits_of(round_to_half(format, wide)) != bits_of(wide);
      }
    }
    CHECK(wrong == 0);
  });
}

TEST_CASE("gates: half way between any two neighbours, and one float below and above") {
  each_format([](HalfFormat format, const Oracle& oracle) {
    int checked = 0;
    for (std::uint16_t low = 0; low < oracle.infinity(); ++low) {
      const bool last = low + 1 == oracle.infinity();
      const double above = last ? oracle.beyond() : oracle.value_of(static_cast<std::uint16_t>(low + 1));
      const auto middle = static_cast<float>((oracle.value_of(low) + above) / 2);
      for (const float size :
           {std::nextafter(middle, 0.0F), middle, std::nextafter(middle, std::numeric_limits<float>::infinity())}) {
        check(format, oracle, size);
        check(format, oracle, -size);
        checked += 2;
      }
    }
    CHECK(checked == 6 * oracle.infinity());
  });
}

TEST_CASE("floats of every exponent") {
  each_format([](HalfFormat format, const Oracle& oracle) {
    std::mt19937 random(1);
    int checked = 0;
    for (std::uint32_t exponent = 0; exponent < 256; ++exponent)
      for (int draw = 0; draw < 2000; ++draw, ++checked)
        check(format, oracle, from_bits((random() & 0x807fffff) | exponent << 23));
    CHECK(checked == 256 * 2000);
  });
}

TEST_CASE("edges by name") {
  constexpr auto fp16 = HalfFormat::fp16;
  CHECK(float_to_half(fp16, 65504.0F) == 0x7bff);
  CHECK(float_to_half(fp16, std::nextafter(65520.0F, 0.0F)) == 0x7bff);
  CHECK(float_to_half(fp16, 65520.0F) == 0x7c00);
  CHECK(float_to_half(fp16, -std::numeric_limits<float>::infinity()) == 0xfc00);
  CHECK(float_to_half(fp16, std::ldexp(1.0F, -24)) == 0x0001);
  CHECK(float_to_half(fp16, std::ldexp(1.0F, -25)) == 0x0000);  // a tie: to the even zero
  CHECK(float_to_half(fp16, std::ldexp(1.5F, -25)) == 0x0001);
  CHECK(float_to_half(fp16, -std::numeric_limits<float>::denorm_min()) == 0x8000);
  constexpr auto bf16 = HalfFormat::bf16;
  CHECK(float_to_half(bf16, 1.0F) == 0x3f80);
  CHECK(float_to_half(bf16, -2.5F) == 0xc020);
  CHECK(float_to_half(bf16, std::ldexp(255.0F, 120)) == 0x7f7f);
  CHECK(float_to_half(bf16, std::numeric_limits<float>::max()) == 0x7f80);
  CHECK(float_to_half(bf16, std::ldexp(1.0F, -133)) == 0x0001);
  CHECK(float_to_half(bf16, std::ldexp(1.0F, -134)) == 0x0000);
  constexpr auto cb16 = HalfFormat::cb16;
  CHECK(float_to_half(cb16, 1.0F) == 0x3e00);
  CHECK(float_to_half(cb16, -2.5F) == 0xc080);
  CHECK(float_to_half(cb16, 4290772992.0F) == 0x7dff);  // (2 - 2^-9) 2^31
  CHECK(float_to_half(cb16, 4292870144.0F) == 0x7e00);  // half a step above it
  CHECK(float_to_half(cb16, std::nextafter(4292870144.0F, 0.0F)) == 0x7dff);
  CHECK(float_to_half(cb16, std::ldexp(1.0F, -30)) == 0x0200);
  CHECK(float_to_half(cb16, std::ldexp(1.0F, -39)) == 0x0001);
  CHECK(float_to_half(cb16, std::ldexp(1.0F, -40)) == 0x0000);
  each_format([](HalfFormat format, const Oracle& oracle) {
    for (const std::uint32_t nan : {0x7f800001U, 0x7fc00000U, 0xffc00000U, 0x7fffffffU, 0xff812345U}) {
      CHECK(float_to_half(format, from_bits(nan)) == oracle.nan());
      CHECK(bits_of(round_to_half(format, from_bits(nan))) == float_nan_bits);
    }
  });
}

TEST_CASE("arrays give the bits of single values, at any length and start") {
  each_format([](HalfFormat format, const Oracle& oracle) {
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
      half_to_float(format, half.data(), widened.data(), count);
      float_to_half(format, wide.data(), narrowed.data(), count);
      round_to_half(format, rounded.data(), rounded.data(), count);
      for (std::size_t i = 0; i < count; ++i) {
        REQUIRE(bits_of(widened[i]) == bits_of(half_to_float(format, half[i])));
        REQUIRE(narrowed[i] == oracle.nearest(wide[i]));
        REQUIRE(bits_of(rounded[i]) == bits_of(half_to_float(format, oracle.nearest(wide[i]))));
      }
      CHECK(widened[count] == 3.0F);
      CHECK(narrowed[count] == 0x1234);
      CHECK(rounded[count] == 3.0F);
    }
  });
}

TEST_CASE("losses: what is zero or infinite behind rounding and was not before, at its gates and of random floats") {
  each_format([](HalfFormat format, const Oracle& oracle) {
    const auto lost = [&](const std::vector<float>& values) { return losses_of(format, values.data(), values.size()); };
    const double step = std::ldexp(1.0, 1 - oracle.bias() - oracle.fraction());  // from 0 to the next half
    const double largest = std::ldexp(2.0 - std::ldexp(1.0, -oracle.fraction()), oracle.bias());
    const auto half_way = static_cast<float>(step / 2);
    const auto over = static_cast<float>(largest + std::ldexp(1.0, oracle.bias() - oracle.fraction() - 1));
    const float next = std::nextafter(half_way, 1.0F), under = std::nextafter(over, 1.0F);
    const float infinity = std::numeric_limits<float>::infinity(), smallest = from_bits(1);
    CHECK(lost({half_way, -half_way, smallest, -smallest}).zeros == 4);
    CHECK(lost({0.0F, -0.0F, next, -next, 1, under, over, infinity, from_bits(float_nan_bits)}).zeros == 0);
    CHECK(lost({over, -over, std::numeric_limits<float>::max()}).infinities == 3);
    CHECK(lost({under, -under, infinity, -infinity, from_bits(float_nan_bits), 0, smallest}).infinities == 0);
    CHECK(lost({1, 2, 3}).values == 3);

    std::mt19937 random(5);
    std::vector<float> values(100'000);
    std::int64_t zeros = 0, infinities = 0;
    for (float& value : values) {
      value = from_bits(static_cast<std::uint32_t>(random()));
      const float rounded = half_to_float(format, oracle.nearest(value));
      zeros += value != 0 && rounded == 0;
      infinities += std::isfinite(value) && std::isinf(rounded);
    }
    const HalfLosses losses = lost(values);
    CHECK((losses.values == 100'000 && losses.zeros == zeros && losses.infinities == infinities));
    HalfLosses twice = losses;
    twice.add(losses);
    CHECK((twice.values == 200'000 && twice.zeros == 2 * zeros && twice.infinities == 2 * infinities));
  });
}

TEST_CASE("262,144 numbers become the halves that PyTorch and exact fractions make of them") {
  for (const HalfHash& other : half_hashes) {
    INFO(half_format(other.format).name);
    std::uint32_t state = 1, hash = 2166136261;
    for (int taken = 0; taken < hashed_numbers;) {
      state = state * 1664525 + 1013904223;
      std::uint32_t bits = state;
      if (taken % 3 == 1) bits &= 0xfffff000;
      if (taken % 3 == 2) bits = (bits & 0x807fffff) | (85 + (bits >> 23 & 0xff) % 78) << 23;
      if ((bits & 0x7fffffff) > 0x7f800000) continue;
      ++taken;
      const std::uint32_t half = float_to_half(other.format, from_bits(bits));
      for (const std::uint32_t byte : {half & 0xff, half >> 8}) hash = (hash ^ byte) * 16777619;
    }
    CHECK(hash == other.hash);
  }
}
