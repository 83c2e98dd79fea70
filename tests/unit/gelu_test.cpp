// Question: are GELU, SiLU and their derivatives what double precision says, of every half there is?
#include "hw/kernels/gelu.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/support/fp16.h"
#include "tests/support/halves.h"

using namespace weft;
using namespace weft::hw;
using test::for_each_finite;
using test::last_place;

namespace {

constexpr GeluForm all_forms[] = {GeluForm::error_function, GeluForm::tanh, GeluForm::sigmoid};
constexpr double pi = 3.14159265358979323846;

double exact(double x, GeluForm form) {
  if (form == GeluForm::error_function) return x * 0.5 * std::erfc(-x / std::sqrt(2.0));
  const double u = form == GeluForm::sigmoid ? x : 2 * std::sqrt(2 / pi) * (x + 0.044715 * x * x * x);
  return x / (1 + std::exp(-u));
}

double exact_slope(double x, GeluForm form) {
  if (form == GeluForm::error_function)
    return 0.5 * std::erfc(-x / std::sqrt(2.0)) + x * std::exp(-x * x / 2) / std::sqrt(2 * pi);
  const bool silu = form == GeluForm::sigmoid;
  const double u = silu ? x : 2 * std::sqrt(2 / pi) * (x + 0.044715 * x * x * x);
  const double steep = silu ? 1 : 2 * std::sqrt(2 / pi) * (1 + 3 * 0.044715 * x * x);
  const double below = 1 / (1 + std::exp(-u)), above = 1 / (1 + std::exp(u));
  return below + (above > 0 ? x * below * above * steep : 0);
}

}  // namespace

TEST_CASE("of all finite halves, in each form: within 0.503 of the last place, where rounding alone takes 0.5") {
  for (const GeluForm form : all_forms) {
    double worst = 0, at = 0;
    for_each_finite([&](std::uint16_t half, double x) {
      const double value = exact(x, form);
      const double off = std::abs(half_to_float(machine_gelu(fp16, half, form)) - value) / last_place(value);
      if (off > worst) worst = off, at = x;
    });
    INFO("form " << static_cast<int>(form) << ": worst " << worst << " at " << at);
    CHECK(worst < 0.503);
    CHECK(worst > 0.49);
  }
}

TEST_CASE("derivative times a delta, of all finite halves: 3e-6 of the delta and a rounding") {
  for (const GeluForm form : all_forms) {
    double worst = 0, at = 0;
    for (const float delta : {1.0F, -0.75F, 1024.0F, 60000.0F, 6e-5F})
      for (const float scale : {1.0F, 1.111F, 2.0F}) {
        const float half_scale = round_to_half(scale), half_delta = round_to_half(delta);
        for_each_finite([&](std::uint16_t half, double x) {
          const double value = exact_slope(x, form) * half_delta * half_scale;
          if (std::abs(value) > 65500) return;  // rounds to infinity or nearly
          const double made = half_to_float(machine_gelu_delta(fp16, float_to_half(delta), half, form, half_scale));
          const double off = std::abs(made - value) - 0.5 * last_place(value);
          if (off / std::abs(half_delta * half_scale) > worst) worst = off / std::abs(half_delta * half_scale), at = x;
        });
      }
    INFO("form " << static_cast<int>(form) << ": worst " << worst << " at " << at);
    CHECK(worst < 3e-6);
  }
}

TEST_CASE("zeros, infinities and NaN, as the kernels' contract has them") {
  constexpr std::uint16_t one = 0x3c00, infinity = 0x7c00, minus_infinity = 0xfc00;
  for (const GeluForm form : all_forms) {
    INFO("form " << static_cast<int>(form));
    for (const std::uint16_t zero : {0x0000, 0x8000}) {
      CHECK(machine_gelu(fp16, zero, form) == 0);
      CHECK(half_to_float(machine_gelu_delta(fp16, one, zero, form, 1.0F)) == 0.5F);
    }
    CHECK(std::isnan(half_to_float(machine_gelu(fp16, half_nan, form))));
    CHECK(std::isnan(half_to_float(machine_gelu_delta(fp16, one, half_nan, form, 1.0F))));
    CHECK(std::isnan(half_to_float(machine_gelu_delta(fp16, half_nan, one, form, 1.0F))));
    for (const std::uint16_t infinite : {infinity, minus_infinity}) {
      CHECK_FALSE(std::isfinite(half_to_float(machine_gelu(fp16, infinite, form))));
      CHECK_FALSE(std::isfinite(half_to_float(machine_gelu_delta(fp16, one, infinite, form, 1.0F))));
    }
  }
}
