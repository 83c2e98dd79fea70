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
