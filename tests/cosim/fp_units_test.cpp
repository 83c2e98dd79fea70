// Question: does the RTL's arithmetic give the host's bits? Random operands, subnormals, cancellation, ties, infinities
// and NaNs (canonical).
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <random>

#include "hw/pe/arithmetic.h"
#include "rtl/cosim/fp_units.h"
#include "tlm/base/half.h"

namespace {

float as_float(std::uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

std::uint32_t canonical(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return value == value ? bits : 0x7fc00000;
}

}  // namespace

TEST_CASE("fp32 fused multiply-add equals the host's bits, 1,000,000 operand sets") {
  weft::rtl::FpUnits units;
  std::mt19937 random(2);
  int wrong = 0;
  for (int index = 0; index < 1'000'000; ++index) {
    std::uint32_t a = random(), b = random(), c = random();
    const auto exponent = [&random](std::uint32_t bits, std::uint32_t low, std::uint32_t width) {
      return (bits & 0x807fffff) | (low + random() % width) << 23;
    };
    switch (index % 10) {
      case 1:  // near cancellation
        a = exponent(a, 110, 30), b = exponent(b, 110, 30);
        c = canonical(-as_float(a) * as_float(b)) ^ (random() % 4);
        break;
      case 2:  // results around the subnormal range
        a = exponent(a, 50, 20), b = exponent(b, 50, 30), c &= 0x80ffffff;
        break;
      case 3:  // subnormal operands
        a &= 0x807fffff, b = exponent(b, 120, 130), c &= 0x81ffffff;
        break;
      case 4:  // infinities, NaNs, overflow
        a |= 0x7f000000, c |= 0x7e000000;
        break;
      case 5:  // zeros
        a = random() % 2 << 31, c = index % 3 ? random() % 2 << 31 : c;
        break;
      case 6:  // few bits: ties
        a = exponent(a, 100, 50) & 0xfff80000, b = exponent(b, 100, 50) & 0xfffff000, c = exponent(c, 100, 60);
        break;
      case 7:  // exact products, cancelled
        a = exponent(a, 120, 10) & 0xfff00000, b = exponent(b, 120, 10) & 0xfff00000;
        c = canonical(-as_float(a) * as_float(b));
        break;
      case 8:  // the addend far below or above
        a = exponent(a, 100, 50), b = exponent(b, 100, 50), c = exponent(c, 60, 140);
        break;
      case 9:  // what MUL32 asks
        a = exponent(a, 30, 200), c = 0x80000000;
        break;
      default:
        break;
    }
    const std::uint32_t host = canonical(std::fma(as_float(a), as_float(b), as_float(c)));
    if (units.fma32(a, b, c) != host && ++wrong < 5) UNSCOPED_INFO(std::hex << a << " * " << b << " + " << c);
  }
  REQUIRE(wrong == 0);
}

TEST_CASE("fp32 addition equals the host's bits, 400,000 operand pairs") {
  weft::rtl::FpUnits units;
  std::mt19937 random(1);
  int wrong = 0;
  for (int index = 0; index < 400'000; ++index) {
    std::uint32_t a = random(), b = random();
    switch (index % 6) {
      case 1:
        b = (a & 0xff800000) ^ (random() & 0x80ffffff);
        break;  // near exponents
      case 2:
        a &= 0x80ffffff, b &= 0x81ffffff;
        break;  // subnormals
      case 3:
        b = a ^ 0x80000000;
        break;  // exact cancellation
      case 4:
        a |= 0x7f000000;
        break;  // infinities and NaNs
      case 5:
        b = (a & 0x80000000) ^ (((a >> 23) - random() % 30) << 23 & 0x7f800000) ^ (random() & 0x807fffff);
        break;
      default:
        break;
    }
    wrong += units.add(a, b) != canonical(as_float(a) + as_float(b));
  }
  REQUIRE(wrong == 0);
}

// The largest bf16 have products beyond fp32, of which a sum may be finite again; the least ones below it.
TEST_CASE("arithmetic with halves equals the host's bits in every format, 400,000 operand sets each") {
  for (const weft::HalfFormatRow& row : weft::half_formats) {
    INFO(row.name);
    weft::rtl::FpUnits units(row.format);
    std::mt19937 random(1);
    const auto widened = [&row](std::uint16_t half) { return weft::half_to_float(row.format, half); };
    const std::uint32_t infinity = weft::float_to_half(row.format, as_float(0x7f800000));
    const int fraction_bits = 15 - static_cast<int>(row.format);
    int wrong = 0, beyond = 0;
    for (int index = 0; index < 400'000; ++index) {
      std::uint32_t a = random();
      auto x = static_cast<std::uint16_t>(random()), y = static_cast<std::uint16_t>(random());
      const auto field = [fraction_bits, &random](std::uint16_t half, std::uint32_t exponent) {
        return static_cast<std::uint16_t>((half & (0x8000U | ((1U << fraction_bits) - 1))) | (exponent + random() % 4)
                                                                                                 << fraction_bits);
      };
      const auto fma = [&] { return canonical(std::fma(widened(x), widened(y), as_float(a))); };
      switch (index % 8) {
        case 1:  // exponents that meet
          a = canonical(widened(x) * widened(y)) ^ (random() & 0x80ffffff);
          break;
        case 2:  // subnormals
          x = field(x, 0), a &= 0x80ffffff;
          break;
        case 3:  // products at fp32's lower end, and what cancels them
          x = field(x, 1 + random() % 40), y = field(y, 1), a = (a & 0x80000000) | random() % 0x01000000;
          break;
        case 4:  // the largest
          x = field(x, (infinity >> fraction_bits) - 4), y = field(y, (infinity >> fraction_bits) / 2);
          a = 0xff000000 | random() % 0x01000000;
          if (((x ^ y) & 0x8000) != 0) a &= 0x7fffffff;
          break;
        case 5:
          a |= 0x7f000000, x = static_cast<std::uint16_t>(x | infinity);
          break;  // infinities and NaNs
        case 6:   // exact cancellation
          a = canonical(-widened(x) * widened(y));
          break;
        case 7:  // ties of the conversion
          a = (a & 0xffff8000) | 1U << (22 - fraction_bits);
          break;
        default:
          break;
      }
      const std::uint32_t sum = fma();
      beyond += std::isinf(widened(x) * widened(y)) && std::isfinite(as_float(sum));
      wrong += units.fma(x, y, a) != sum;
      wrong += units.to_half(a) != weft::hw::to_half(row.format, a);
      const std::uint16_t scaled =
          weft::hw::with_arithmetic(row.format, [x, y](auto halves) { return decltype(halves)::scale(x, y); });
      // In double precision the product is exact.
      const double product = static_cast<double>(widened(x)) * static_cast<double>(widened(y));
      if (std::isfinite(as_float(canonical(static_cast<float>(product)))) && product != 0) {
        const auto near = static_cast<double>(widened(scaled));
        for (const int step : {-1, 1}) {
          const auto next = static_cast<std::uint16_t>(scaled + step);
          if ((scaled & 0x7fff) != 0 && std::isfinite(widened(next)) && std::isfinite(near))
            wrong += std::fabs(static_cast<double>(widened(next)) - product) < std::fabs(near - product);
        }
      }
      if (units.scale(x, y) != scaled && ++wrong < 5) UNSCOPED_INFO(std::hex << x << " * " << y << ", " << scaled);
    }
    CHECK(wrong == 0);
    CHECK((beyond > 0) == (row.format == weft::HalfFormat::bf16));
  }
}

TEST_CASE("conversion at every half of every format, between every two, and next to it") {
  for (const weft::HalfFormatRow& row : weft::half_formats) {
    INFO(row.name);
    weft::rtl::FpUnits units(row.format);
    const std::uint16_t infinity = weft::float_to_half(row.format, as_float(0x7f800000));
    int wrong = 0;
    for (std::uint32_t half = 0; half < infinity; ++half) {
      const double low = weft::half_to_float(row.format, static_cast<std::uint16_t>(half));
      // Above the greatest half: as if the next power of two were one.
      const double high = half + 1 == infinity ? std::exp2(std::ceil(std::log2(low)))
                                               : weft::half_to_float(row.format, static_cast<std::uint16_t>(half + 1));
      const std::uint32_t tie = canonical(static_cast<float>((low + high) / 2));
      for (const std::uint32_t bits : {canonical(static_cast<float>(low)), tie - 1, tie, tie + 1})
        for (const std::uint32_t sign : {0U, 0x80000000U})
          wrong += units.to_half(bits | sign) != weft::float_to_half(row.format, as_float(bits | sign));
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("every half of every format as fp32") {
  for (const weft::HalfFormatRow& row : weft::half_formats) {
    INFO(row.name);
    weft::rtl::FpUnits units(row.format);
    int wrong = 0;
    for (std::uint32_t half = 0; half < 0x10000; ++half)
      wrong += units.widen(static_cast<std::uint16_t>(half)) !=
               canonical(weft::half_to_float(row.format, static_cast<std::uint16_t>(half)));
    CHECK(wrong == 0);
  }
}

TEST_CASE("zeros, subnormals, ones, the greatest, infinities and both kinds of NaN, each with each") {
  std::vector<std::uint32_t> words;
  for (const std::uint32_t sign : {0U, 1U})
    for (const std::uint32_t word : {0U, 1U, 0x7fffffU, 0x800000U, 0x3f800000U, 0x3fc00000U, 0x7f7fffffU, 0x7f800000U,
                                     0x7f800001U, 0x7fbfffffU, 0x7fc00000U})
      words.push_back(word | sign << 31);
  for (const weft::HalfFormatRow& row : weft::half_formats) {
    INFO(row.name);
    weft::rtl::FpUnits units(row.format);
    const std::uint32_t infinity = weft::float_to_half(row.format, as_float(0x7f800000)),
                        least = 1U << (15 - static_cast<int>(row.format)), one = weft::float_to_half(row.format, 1.0F);
    int wrong = 0;
    for (const std::uint32_t a : words) {
      wrong += units.to_half(a) != weft::float_to_half(row.format, as_float(a));
      for (const std::uint32_t b : words) {
        wrong += units.add(a, b) != canonical(as_float(a) + as_float(b));
        for (const std::uint32_t c : words)
          wrong += units.fma32(a, b, c) != canonical(std::fma(as_float(a), as_float(b), as_float(c)));
      }
    }
    std::vector<std::uint16_t> halves;
    for (const std::uint32_t half : {0U, 1U, least - 1, least, one, one + 1, infinity - 1, infinity, infinity + 1,
                                     infinity + least / 2, infinity + least - 1})
      for (const std::uint32_t sign : {0U, 0x8000U}) halves.push_back(static_cast<std::uint16_t>(half | sign));
    for (const std::uint16_t x : halves)
      for (const std::uint16_t y : halves) {
        wrong += units.scale(x, y) !=
                 weft::hw::with_arithmetic(row.format, [x, y](auto all) { return decltype(all)::scale(x, y); });
        for (const std::uint32_t a : words)
          wrong += units.fma(x, y, a) != weft::hw::fused_multiply_add(row.format, x, y, a);
      }
    CHECK(wrong == 0);
  }
}
