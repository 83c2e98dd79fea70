// Question: are SwiGLU and both its deltas what double precision says?
#include "hw/kernels/swiglu.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "tests/support/fp16.h"
#include "tests/support/halves.h"

using namespace weft;
using namespace weft::hw;
using test::for_each_finite;
using test::last_place;

namespace {

double exact_silu(double x) { return x / (1 + std::exp(-x)); }

double exact_slope(double x) {
  const double s = 1 / (1 + std::exp(-x)), rest = 1 / (1 + std::exp(x));
  return s + (rest > 0 ? x * s * rest : 0);
}

constexpr double nearly_infinite = 65500;
constexpr float factors[] = {1.0F, -0.75F, 1.9990234F, 1024.0F, 60000.0F, 6e-5F, 6e-8F};

}  // namespace

TEST_CASE("of all finite gates: within 0.501 of the last place, where rounding alone takes 0.5") {
  double worst = 0, at = 0;
  for (const float factor : factors)
    for_each_finite([&](std::uint16_t gate, double x) {
      const double value = exact_silu(x) * round_to_half(factor);
      if (std::abs(value) > nearly_infinite) return;
      const double made = half_to_float(machine_swiglu(fp16, gate, float_to_half(factor)));
      const double off = std::abs(made - value) / last_place(value);
      if (off > worst) worst = off, at = x;
    });
  INFO("worst " << worst << " at " << at);
  CHECK(worst < 0.501);
  CHECK(worst > 0.49);
}

TEST_CASE("the gate's delta, of all finite gates: 2e-7 of delta linear and a rounding") {
  double worst = 0, at = 0;
  for (const float delta : factors)
    for (const float linear : factors) {
      const double product = static_cast<double>(round_to_half(delta)) * round_to_half(linear);
      for_each_finite([&](std::uint16_t gate, double x) {
        const double value = exact_slope(x) * product;
        if (std::abs(value) > nearly_infinite) return;
        const double made =
            half_to_float(machine_swiglu_gate_delta(fp16, float_to_half(delta), gate, float_to_half(linear)));
        const double off = (std::abs(made - value) - 0.5 * last_place(value)) / std::abs(product);
        if (off > worst) worst = off, at = x;
      });
    }
  INFO("worst " << worst << " at " << at);
  CHECK(worst < 2e-7);
}

TEST_CASE("values by hand, zeros, infinities and NaN, as the kernels' contract has them") {
  constexpr std::uint16_t zero = 0, one = 0x3c00, two = 0x4000;
  CHECK(machine_swiglu(fp16, zero, one) == 0);
  CHECK(half_to_float(machine_swiglu(fp16, one, two)) == Approx(2 / (1 + std::exp(-1.0))).epsilon(5e-4));
  CHECK(half_to_float(machine_swiglu_gate_delta(fp16, one, zero, two)) == 1.0F);  // slope 1/2
  CHECK(machine_swiglu_linear_delta(fp16, two, one) == machine_swiglu(fp16, one, two));
  CHECK(std::isnan(half_to_float(machine_swiglu(fp16, half_nan, one))));
  CHECK(std::isnan(half_to_float(machine_swiglu(fp16, one, half_nan))));
  CHECK(std::isnan(half_to_float(machine_swiglu_gate_delta(fp16, half_nan, one, one))));
  CHECK(std::isnan(half_to_float(machine_swiglu_gate_delta(fp16, one, half_nan, one))));
  CHECK(std::isnan(half_to_float(machine_swiglu_gate_delta(fp16, one, one, half_nan))));
  for (const std::uint16_t infinite : {std::uint16_t{0x7c00}, std::uint16_t{0xfc00}}) {
    CHECK_FALSE(std::isfinite(half_to_float(machine_swiglu(fp16, infinite, one))));
    CHECK_FALSE(std::isfinite(half_to_float(machine_swiglu_gate_delta(fp16, one, infinite, one))));
  }
}
