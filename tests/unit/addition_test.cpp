// Question: is an addition of halves the nearest half of the exact sum?
#include "hw/kernels/addition.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "tests/support/fp16.h"

using namespace weft;
using namespace weft::hw;

namespace {

std::vector<std::uint32_t> sums(const std::vector<std::uint32_t>& values, const std::vector<std::uint32_t>& addends) {
  ProgramLaunch launch;
  launch.block = {{1, 1}, 1, static_cast<int>(values.size())};
  launch.operands = {values, addends};
  return addition_plain(launch);
}

double half_value(std::uint32_t bits) { return half_to_float(static_cast<std::uint16_t>(bits)); }

}  // namespace

TEST_CASE("additions by hand: ties, the largest and the least half, both zeros, infinities") {
  struct Sum {
    std::uint32_t value, addend, result;
  };
  const Sum known[] = {
      {0x3c00, 0x3c00, 0x4000},                                                      // 1 + 1 = 2
      {0x3c00, 0xbc00, 0x0000},                                                      // 1 - 1 = +0
      {0x3c00, 0x1000, 0x3c00},                                                      // 1 + 2^-11, a tie, to even: 1
      {0x3c01, 0x1000, 0x3c02},                                                      // the same above an odd one
      {0x3c00, 0x1001, 0x3c01},                                                      // just above the tie
      {0x4000, 0x8001, 0x4000},                                                      // 2 - 2^-24
      {0x0001, 0x0001, 0x0002},                                                      // subnormals, exact
      {0x03ff, 0x0001, 0x0400},                                                      // into the normal ones
      {0x7bff, 0x4c00, 0x7c00},                                                      // 65504 + 16, a tie, to infinity
      {0x7bff, 0x4bff, 0x7bff},                                                      // 65504 + 15.99
      {0x7bff, 0x0001, 0x7bff},                                                      // more bits than fp32 has
      {0x7bff, 0xfbff, 0x0000}, {0x8000, 0x8000, 0x8000}, {0x8000, 0x0000, 0x0000},  // of zeros -0 only of both
      {0x7c00, 0x3c00, 0x7c00}, {0x7c00, 0xfc00, 0x7e00}, {0x7c01, 0x3c00, 0x7e00},  // NaN, the canonical one
  };
  for (const Sum& sum : known) {
    INFO(std::hex << sum.value << " + " << sum.addend);
    CHECK(sums({sum.value}, {sum.addend}) == std::vector<std::uint32_t>{sum.result});
    CHECK(sums({sum.addend}, {sum.value}) == std::vector<std::uint32_t>{sum.result});
  }
}

TEST_CASE("additions of any two finite halves: no half is nearer to the sum in double precision") {
  std::mt19937 random(2);
  std::vector<std::uint32_t> values, addends;
  for (int number = 0; number < 200'000; ++number) {
    constexpr std::uint32_t sign = 0x8000, finite = 0x7c00;
    const auto any = [&] { return static_cast<std::uint32_t>(random() % finite) | (random() & sign); };
    values.push_back(any());
    // Half of them near in size, where bits are lost one by one.
    addends.push_back(number % 2 == 0 ? any() : (values.back() ^ (random() & 0x8fffU)) % finite);
  }
  const std::vector<std::uint32_t> made = sums(values, addends);
  std::size_t inexact = 0;
  for (std::size_t at = 0; at < made.size(); ++at) {
    const double exact = half_value(values[at]) + half_value(addends[at]);  // 40 bits at the most
    constexpr double overflow = 65520;
    if (std::abs(exact) >= overflow) {
      REQUIRE(half_value(made[at]) == std::copysign(std::numeric_limits<double>::infinity(), exact));
      continue;
    }
    const double result = half_value(made[at]);
    const double place = std::ldexp(1.0, std::max(-14, exact == 0 ? -14 : std::ilogb(exact)) - 10);
    INFO(std::hex << values[at] << " + " << addends[at] << " = " << made[at]);
    REQUIRE(std::abs(result - exact) <= place / 2);
    if (std::abs(result - exact) == place / 2) REQUIRE((made[at] & 1U) == 0);
    inexact += result != exact;
  }
  CHECK(inexact > 10'000);
}
