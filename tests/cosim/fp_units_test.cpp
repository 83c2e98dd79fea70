// Question: does the RTL's arithmetic give the host's bits? Random operands, subnormals, cancellation, ties, infinities
// and NaNs (canonical).
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <random>

#include "rtl/cosim/fp_units.h"
#include "tlm/base/fp16.h"

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

TEST_CASE("add, multiply, fused multiply-add and conversion equal the host's bits, 400,000 operand sets") {
  weft::rtl::FpUnits units;
  std::mt19937 random(1);
  int wrong = 0;
  for (int index = 0; index < 400'000; ++index) {
    std::uint32_t a = random(), b = random();
    auto x = static_cast<std::uint16_t>(random()), y = static_cast<std::uint16_t>(random());
    switch (index % 8) {
      case 1:
        b = (a & 0xff800000) ^ (random() & 0x80ffffff);
        break;  // near exponents
      case 2:
        a &= 0x80ffffff, b &= 0x81ffffff, x &= 0x83ff;
        break;  // subnormals
      case 3:
        a = (a & 0x807fffff) | (100 + random() % 45) << 23;
        break;  // the range of fp16
      case 4:
        b = a ^ 0x80000000;
        break;  // exact cancellation
      case 5:
        a |= 0x7f000000, x |= 0x7c00;
        break;  // infinities and NaNs
      case 6:
        b = (a & 0x80000000) ^ (((a >> 23) - random() % 30) << 23 & 0x7f800000) ^ (random() & 0x807fffff);
        break;
      case 7:
        a = (a & 0xfff00000) | (random() & 1) << 12 | 0x1000;
        break;  // ties of the conversion
      default:
        break;
    }
    const float product = weft::half_to_float(x) * weft::half_to_float(y);
    wrong += units.add(a, b) != canonical(as_float(a) + as_float(b));
    wrong += units.multiply(x, y) != canonical(product);
    wrong += units.fma(x, y, a) != canonical(std::fma(weft::half_to_float(x), weft::half_to_float(y), as_float(a)));
    wrong += units.to_half(a) != weft::float_to_half(as_float(a));
  }
  REQUIRE(wrong == 0);
}

TEST_CASE("conversion to fp16 at every half, between every two, and next to it") {
  weft::rtl::FpUnits units;
  int wrong = 0;
  for (std::uint32_t half = 0; half < 0x7c00; ++half) {
    const float low = weft::half_to_float(static_cast<std::uint16_t>(half));
    // Above the greatest half: as if the next power of two were one.
    const float high = half == 0x7bff ? 65536.0F : weft::half_to_float(static_cast<std::uint16_t>(half + 1));
    const std::uint32_t tie = canonical((low + high) / 2);
    for (const std::uint32_t bits : {canonical(low), tie - 1, tie, tie + 1})
      for (const std::uint32_t sign : {0U, 0x80000000U})
        wrong += units.to_half(bits | sign) != weft::float_to_half(as_float(bits | sign));
  }
  REQUIRE(wrong == 0);
}

TEST_CASE("zeros, subnormals, ones, the greatest, infinities and both kinds of NaN, each with each") {
  std::vector<std::uint32_t> words;
  std::vector<std::uint16_t> halves;
  for (const std::uint32_t sign : {0U, 1U}) {
    for (const std::uint32_t word : {0U, 1U, 0x7fffffU, 0x800000U, 0x3f800000U, 0x3fc00000U, 0x7f7fffffU, 0x7f800000U,
                                     0x7f800001U, 0x7fbfffffU, 0x7fc00000U})
      words.push_back(word | sign << 31);
    for (const std::uint32_t half :
         {0U, 1U, 0x3ffU, 0x400U, 0x3c00U, 0x3e00U, 0x7bffU, 0x7c00U, 0x7c01U, 0x7dffU, 0x7e00U})
      halves.push_back(static_cast<std::uint16_t>(half | sign << 15));
  }
  weft::rtl::FpUnits units;
  int wrong = 0;
  for (const std::uint32_t a : words) {
    wrong += units.to_half(a) != weft::float_to_half(as_float(a));
    for (const std::uint32_t b : words) {
      wrong += units.add(a, b) != canonical(as_float(a) + as_float(b));
      for (const std::uint32_t c : words)
        wrong += units.fma32(a, b, c) != canonical(std::fma(as_float(a), as_float(b), as_float(c)));
    }
  }
  for (const std::uint16_t x : halves)
    for (const std::uint16_t y : halves)
      wrong += units.multiply(x, y) != canonical(weft::half_to_float(x) * weft::half_to_float(y));
  REQUIRE(wrong == 0);
}
