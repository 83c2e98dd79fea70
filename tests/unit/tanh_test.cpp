// Question: are tanh and its derivative what double precision says, of every half there is?
#include "hw/kernels/tanh.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/support/fp16.h"
#include "tests/support/halves.h"

using namespace weft;
using namespace weft::hw;
using test::for_each_finite;
using test::last_place;

TEST_CASE("tanh of all finite halves: within 0.503 of the last place, where rounding alone takes 0.5") {
  double worst = 0, at = 0;
  for_each_finite([&](std::uint16_t half, double x) {
    const double value = std::tanh(x);
    // What is rounded to 1 is as far from it as the exact value.
    const double off = std::abs(half_to_float(machine_tanh(fp16, half)) - value) / last_place(value);
    if (off > worst) worst = off, at = x;
  });
  INFO("worst " << worst << " at " << at);
  CHECK(worst < 0.503);
  CHECK(worst > 0.49);
}

TEST_CASE("tanh's derivative times a delta, of all finite halves: within 0.503 of the last place") {
  double worst = 0, at = 0;
  for (const float delta : {1.0F, -0.75F, 1024.0F, 60000.0F, 6e-5F})
    for (const float scale : {1.0F, 1.111F, 2.0F}) {
      const float half_scale = round_to_half(scale), half_delta = round_to_half(delta);
      for_each_finite([&](std::uint16_t half, double x) {
        const double rest = std::cosh(x), value = half_delta * half_scale / (rest * rest);
        if (std::abs(value) > 65500) return;  // rounds to infinity or nearly
        const double made = half_to_float(machine_tanh_delta(fp16, float_to_half(delta), half, half_scale));
        const double off = std::abs(made - value) / last_place(value);
        if (off > worst) worst = off, at = x;
      });
    }
  INFO("worst " << worst << " at " << at);
  CHECK(worst < 0.503);
}

TEST_CASE("tanh is odd, of every half of every format") {
  for (const HalfFormat format : {HalfFormat::fp16, HalfFormat::bf16, HalfFormat::cb16})
    for (std::uint32_t bits = 1; bits < 0x8000; ++bits) {
      const auto above = static_cast<std::uint16_t>(bits), below = static_cast<std::uint16_t>(bits | 0x8000U);
      const float value = half_to_float(format, machine_tanh(format, above));
      if (std::isnan(value)) continue;
      REQUIRE(half_to_float(format, machine_tanh(format, below)) == -value);
    }
}

TEST_CASE("zeros, infinities and NaN of tanh, as the kernels' contract has them") {
  constexpr std::uint16_t one = 0x3c00, infinity = 0x7c00, minus_infinity = 0xfc00;
  for (const std::uint16_t zero : {0x0000, 0x8000}) {
    CHECK(half_to_float(machine_tanh(fp16, zero)) == 0);
    CHECK(half_to_float(machine_tanh_delta(fp16, one, zero, 1.0F)) == 1.0F);
  }
  CHECK(half_to_float(machine_tanh(fp16, infinity)) == 1);
  CHECK(half_to_float(machine_tanh(fp16, minus_infinity)) == -1);
  CHECK(half_to_float(machine_tanh_delta(fp16, one, infinity, 1.0F)) == 0);
  CHECK(std::isnan(half_to_float(machine_tanh(fp16, half_nan))));
  CHECK(std::isnan(half_to_float(machine_tanh_delta(fp16, one, half_nan, 1.0F))));
  CHECK(std::isnan(half_to_float(machine_tanh_delta(fp16, half_nan, one, 1.0F))));
}
