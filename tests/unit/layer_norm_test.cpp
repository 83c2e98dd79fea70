// Question: is the layer norm what double precision says, and are its deltas the slopes of that?
#include "hw/kernels/layer_norm.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "tlm/base/fp16.h"

using namespace weft;
using namespace weft::hw;

namespace {

using Doubles = std::vector<double>;

/// One token in double precision.
Doubles normed(const Doubles& x, const Doubles& gain, const Doubles& shift, double epsilon) {
  const auto count = static_cast<double>(x.size());
  double mean = 0, variance = 0;
  for (const double value : x) mean += value / count;
  for (const double value : x) variance += (value - mean) * (value - mean) / count;
  Doubles y;
  for (std::size_t at = 0; at < x.size(); ++at)
    y.push_back(gain[at] * (x[at] - mean) / std::sqrt(variance + epsilon) + shift[at]);
  return y;
}

double last_place(double value) { return std::ldexp(1.0, (value == 0 ? -14 : std::max(-14, std::ilogb(value))) - 10); }

/// A launch of random halves around `middle`.
struct Case {
  ProgramLaunch launch;
  double wide;

  Case(std::mt19937& random, int features, int tokens, Rectangle rectangle, double middle, double spread)
      : wide(spread) {
    std::normal_distribution<double> normal;
    launch.block = {rectangle, features, tokens};
    const auto draw = [&](int count, double around, double by) {
      std::vector<std::uint32_t> halves;
      for (int at = 0; at < count; ++at)
        halves.push_back(float_to_half(static_cast<float>(around + by * normal(random))));
      return halves;
    };
    launch.operands = {draw(features * tokens, middle, spread), draw(features, 1, 0.3), draw(features, 0, 0.5)};
  }
  Doubles token(std::size_t operand, int token) const {
    Doubles values;
    for (int feature = 0; feature < launch.block.features; ++feature)
      values.push_back(half_to_float(static_cast<std::uint16_t>(
          launch.operands[operand][static_cast<std::size_t>(feature * launch.block.tokens + token)])));
    return values;
  }
  Doubles of_features(std::size_t operand) const {
    Doubles values;
    for (const std::uint32_t half : launch.operands[operand])
      values.push_back(half_to_float(static_cast<std::uint16_t>(half)));
    return values;
  }
};

struct Shape {
  int features, tokens;
  Rectangle rectangle;
};
const Shape shapes[] = {{1, 3, {2, 1}},  {2, 1, {1, 1}},   {7, 5, {2, 3}},      {31, 4, {3, 31}},
                        {97, 3, {1, 8}}, {768, 2, {2, 6}}, {5120, 1, {1, 994}}, {64, 9, {4, 1}}};

}  // namespace

TEST_CASE("forward: a rounding and 2e-6, of one feature the shift, wherever the mean lies") {
  std::mt19937 random(5);
  double worst = 0;
  for (const Shape& shape : shapes)
    for (const double middle : {0.0, 0.5, -20.0})
      for (const double spread : {1.0, 0.01, 300.0}) {
        if (std::abs(middle) > 100 * spread) continue;
        Case c(random, shape.features, shape.tokens, shape.rectangle, middle, spread);
        c.launch.line.train = false;
        const std::vector<std::uint32_t> made = layer_norm_plain(c.launch);
        const Doubles gain = c.of_features(1), shift = c.of_features(2);
        // The mean is off by some last places of what it is the mean of.
        const double allowed = 2e-6 * (1 + std::abs(middle) / spread);
        for (int token = 0; token < shape.tokens; ++token) {
          const Doubles exact = normed(c.token(0, token), gain, shift, 1e-5F);
          for (int feature = 0; feature < shape.features; ++feature) {
            const double value = exact[static_cast<std::size_t>(feature)];
            const double result = half_to_float(
                static_cast<std::uint16_t>(made[static_cast<std::size_t>(feature * shape.tokens + token)]));
            worst = std::max(worst, (std::abs(result - value) - 0.5 * last_place(value)) / allowed);
            if (shape.features == 1) CHECK(result == shift[0]);
          }
        }
      }
  INFO("worst, of what is allowed: " << worst);
  CHECK(worst < 1);
}

TEST_CASE("in training what was read stands before the result") {
  std::mt19937 random(6);
  Case c(random, 5, 3, {1, 2}, 0, 1);
  const std::vector<std::uint32_t> kept = layer_norm_plain(c.launch);
  c.launch.line.train = false;
  const std::vector<std::uint32_t> result = layer_norm_plain(c.launch);
  REQUIRE(kept.size() == 30);
  CHECK(std::vector<std::uint32_t>(kept.begin(), kept.begin() + 15) == c.launch.operands[0]);
  CHECK(std::vector<std::uint32_t>(kept.begin() + 15, kept.end()) == result);
}

TEST_CASE("deltas are the slopes of the forward pass, by differences in double precision") {
  std::mt19937 random(7);
  double worst = 0;
  for (const Shape& shape : shapes) {
    if (shape.features > 1000) continue;
    Case c(random, shape.features, shape.tokens, shape.rectangle, 0.3, 1);
    const Case deltas(random, shape.features, shape.tokens, shape.rectangle, 0, 2);
    c.launch.operands[2] = deltas.launch.operands[0];
    const std::vector<std::uint32_t> made = layer_norm_backward_plain(c.launch);
    const Doubles gain = c.of_features(1), none(gain.size(), 0.0);
    for (int token = 0; token < shape.tokens; ++token) {
      const Doubles x = c.token(0, token), delta = deltas.token(0, token);
      const auto along = [&](int feature, double step) {
        Doubles moved = x;
        moved[static_cast<std::size_t>(feature)] += step;
        const Doubles y = normed(moved, gain, none, 1e-5F);
        double sum = 0;
        for (std::size_t at = 0; at < y.size(); ++at) sum += delta[at] * y[at];
        return sum;
      };
      for (int feature = 0; feature < shape.features; ++feature) {
        constexpr double step = 1e-5;
        const double slope = (along(feature, step) - along(feature, -step)) / (2 * step);
        const double result =
            half_to_float(static_cast<std::uint16_t>(made[static_cast<std::size_t>(feature * shape.tokens + token)]));
        // Two features: x' is almost 1 and -1 whatever they are, so their slopes are differences of like numbers.
        worst = std::max(worst, std::abs(result - slope) - 0.501 * last_place(slope));
      }
    }
  }
  INFO("worst beyond the rounding: " << worst);
  CHECK(worst < 2e-5);
}
