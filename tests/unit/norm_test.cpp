// Question: are layer norm and RMS norm what double precision says, and are their deltas the slopes of that?
#include "hw/kernels/norm.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <functional>
#include <random>

#include "tests/support/fp16.h"
#include "tests/support/halves.h"

using namespace weft;
using namespace weft::hw;
using test::last_place;

namespace {

using Doubles = std::vector<double>;

/// One token in double precision.
Doubles normed(NormForm form, const Doubles& x, const Doubles& gain, const Doubles& shift, double epsilon) {
  const auto count = static_cast<double>(x.size());
  double mean = 0, variance = 0;
  if (form == NormForm::layer)
    for (const double value : x) mean += value / count;
  for (const double value : x) variance += (value - mean) * (value - mean) / count;
  Doubles y;
  for (std::size_t at = 0; at < x.size(); ++at)
    y.push_back(gain[at] * (x[at] - mean) / std::sqrt(variance + epsilon) + shift[at]);
  return y;
}

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

std::vector<std::uint32_t> plain_deltas(NormForm form, const ProgramLaunch& launch) {
  return form == NormForm::layer ? norm_backward_plain<NormForm::layer>(launch)
                                 : norm_backward_plain<NormForm::root_mean_square>(launch);
}

/// Results of RMS norm against double precision. Beyond a half of the last place a result may be off by what sums of n
/// squares can be in fp32 (each addition 2^-24, the root takes half of that; of g x' all), and 10 roundings more, of
/// the terms' magnitudes.
struct Held {
  double worst = 0;   ///< of that allowance
  double places = 0;  ///< of what is no subnormal, in last places, where terms do not cancel

  void hold(std::uint32_t made, double exact, double terms, double additions) {
    const double result = half_to_float(static_cast<std::uint16_t>(made));
    const double allowed = terms * std::ldexp(additions / 2 + 10, -24);
    if (std::abs(exact) + allowed >= 65520 && std::isinf(result)) return;
    worst = std::max(worst, (std::abs(result - exact) - 0.5 * last_place(exact)) / allowed);
    if (!std::isfinite(result)) worst = std::numeric_limits<double>::infinity();
    if (terms <= std::abs(exact)) places = std::max(places, std::abs(result - exact) / last_place(exact));
  }
};

void hold_rms(const ProgramLaunch& launch, Held& forward, Held& backward) {
  const BlockMap& block = launch.block;
  ProgramLaunch forwards = launch;
  forwards.operands.resize(2);
  forwards.line.train = false;
  const std::vector<std::uint32_t> values = norm_plain<NormForm::root_mean_square>(forwards);
  const std::vector<std::uint32_t> deltas = norm_backward_plain<NormForm::root_mean_square>(launch);
  const double additions = block.rows() + block.features_of(0);
  for (int token = 0; token < block.tokens; ++token) {
    const auto at = [&](int feature) { return static_cast<std::size_t>(feature * block.tokens + token); };
    const auto of = [&](std::size_t operand, std::size_t place) {
      return static_cast<double>(half_to_float(static_cast<std::uint16_t>(launch.operands[operand][place])));
    };
    const auto g = [&](int feature) { return of(1, static_cast<std::size_t>(feature)) * of(2, at(feature)); };
    double squares = 0, products = 0, magnitudes = 0;
    for (int feature = 0; feature < block.features; ++feature) {
      squares += of(0, at(feature)) * of(0, at(feature));
      products += of(0, at(feature)) * g(feature);
      magnitudes += std::abs(of(0, at(feature)) * g(feature));
    }
    const double factor = 1 / std::sqrt(squares / block.features + launch.line.epsilon);
    for (int feature = 0; feature < block.features; ++feature) {
      const double x = of(0, at(feature)) * factor, share = x * factor / block.features;
      const double y = x * of(1, static_cast<std::size_t>(feature));
      forward.hold(values[at(feature)], y, std::abs(y), additions);
      backward.hold(deltas[at(feature)], (g(feature) - products * share) * factor,
                    (std::abs(g(feature)) + 4 * magnitudes * std::abs(share)) * factor, additions);
    }
  }
}

constexpr std::uint32_t sign = 0x8000, infinite = 0x7c00, largest = 0x7bff, one = 0x3c00;

}  // namespace

TEST_CASE("layer norm: a rounding and 2e-6, of one feature the shift, wherever the mean lies") {
  std::mt19937 random(5);
  double worst = 0;
  for (const Shape& shape : shapes)
    for (const double middle : {0.0, 0.5, -20.0})
      for (const double spread : {1.0, 0.01, 300.0}) {
        if (std::abs(middle) > 100 * spread) continue;
        Case c(random, shape.features, shape.tokens, shape.rectangle, middle, spread);
        c.launch.line.train = false;
        const std::vector<std::uint32_t> made = norm_plain<NormForm::layer>(c.launch);
        const Doubles gain = c.of_features(1), shift = c.of_features(2);
        // The mean is off by some last places of what it is the mean of.
        const double allowed = 2e-6 * (1 + std::abs(middle) / spread);
        for (int token = 0; token < shape.tokens; ++token) {
          const Doubles exact = normed(NormForm::layer, c.token(0, token), gain, shift, 1e-5F);
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
  const std::vector<std::uint32_t> kept = norm_plain<NormForm::layer>(c.launch);
  c.launch.line.train = false;
  const std::vector<std::uint32_t> result = norm_plain<NormForm::layer>(c.launch);
  REQUIRE(kept.size() == 30);
  CHECK(std::vector<std::uint32_t>(kept.begin(), kept.begin() + 15) == c.launch.operands[0]);
  CHECK(std::vector<std::uint32_t>(kept.begin() + 15, kept.end()) == result);
}

TEST_CASE("deltas are the slopes of the forward pass, by differences in double precision") {
  const NormForm form = GENERATE(NormForm::layer, NormForm::root_mean_square);
  std::mt19937 random(7);
  double worst = 0;
  for (const Shape& shape : shapes) {
    if (shape.features > 1000) continue;
    Case c(random, shape.features, shape.tokens, shape.rectangle, 0.3, 1);
    const Case deltas(random, shape.features, shape.tokens, shape.rectangle, 0, 2);
    c.launch.operands[2] = deltas.launch.operands[0];
    const std::vector<std::uint32_t> made = plain_deltas(form, c.launch);
    const Doubles gain = c.of_features(1), none(gain.size(), 0.0);
    for (int token = 0; token < shape.tokens; ++token) {
      const Doubles x = c.token(0, token), delta = deltas.token(0, token);
      const auto along = [&](int feature, double step) {
        Doubles moved = x;
        moved[static_cast<std::size_t>(feature)] += step;
        const Doubles y = normed(form, moved, gain, none, 1e-5F);
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

TEST_CASE("RMS norm: a rounding and its sums', of zeros, the largest halves, subnormals and all finite bits") {
  std::mt19937 random(8);
  const auto below = [&](std::uint32_t end) -> std::uint32_t {
    return static_cast<std::uint32_t>(random() % end) | (random() % 2 == 0 ? sign : 0);
  };
  const std::function<std::uint32_t(int)> kinds[] = {
      [](int) { return 0U; },
      [&](int) { return below(1) | largest; },
      [](int feature) { return feature == 0 ? largest : 0U; },
      [&](int feature) { return feature == 0 ? largest : below(0x400); },
      [&](int) { return 0x5c00 + below(0x2000); },  // squares that a half cannot hold
      [&](int) { return below(0x400); },
      [](int) { return 0x3c65U; },  // additions that all round the same way
      [&](int) { return below(infinite); },
      [&](int) { return 0x3800 + below(0x400); },
  };
  std::vector<Shape> all(std::begin(shapes), std::end(shapes));
  all.push_back({5120, 1, {1, 1}});
  Held forward, backward;
  for (const Shape& shape : all)
    for (const auto& values : kinds)
      for (const auto& deltas : kinds)
        for (const float epsilon : {1e-5F, 1e-12F}) {
          ProgramLaunch launch;
          launch.block = {shape.rectangle, shape.features, shape.tokens};
          launch.line.epsilon = epsilon;
          launch.operands.resize(3);
          for (int feature = 0; feature < shape.features; ++feature) {
            launch.operands[1].push_back(0x3800 + below(0x800));
            for (int token = 0; token < shape.tokens; ++token) {
              launch.operands[0].push_back(values(feature));
              launch.operands[2].push_back(deltas(feature));
            }
          }
          hold_rms(launch, forward, backward);
        }
  INFO("forward: " << forward.worst << " of what is allowed, " << forward.places << " last places");
  INFO("backward: " << backward.worst << " of what is allowed, " << backward.places << " last places");
  CHECK(forward.worst < 1);
  CHECK(backward.worst < 1);
  CHECK(forward.places < 0.51);
}

TEST_CASE("RMS norm of 5120 features on one PE, all but one alike: within 0.57 of the last place") {
  // More than a PE's memory has room for. Additions that all round the same way; the one that is larger so that results
  // lie anywhere between two halves.
  std::mt19937 random(9);
  ProgramLaunch launch;
  launch.block = {{1, 1}, 5120, 256};
  launch.operands.resize(3);
  for (int feature = 0; feature < launch.block.features; ++feature) {
    launch.operands[1].push_back(one + static_cast<std::uint32_t>(random() % 0x400));
    for (std::uint32_t token = 0; token < 256; ++token)
      launch.operands[0].push_back(feature + 1 < launch.block.features ? one + 4 * token : 0x5000U);
  }
  launch.operands[2] = launch.operands[0];
  Held forward, backward;
  hold_rms(launch, forward, backward);
  INFO("forward: " << forward.worst << " of what is allowed, " << forward.places << " last places");
  INFO("backward: " << backward.worst << " of what is allowed");
  CHECK(forward.places < 0.57);
  CHECK(forward.places > 0.5);
  CHECK(forward.worst < 1);
  CHECK(backward.worst < 1);
}

TEST_CASE("RMS norm of one feature, of every finite half: within 0.51 of the last place") {
  ProgramLaunch launch;
  launch.block = {{1, 1}, 1, 2 * infinite};
  launch.operands = {{}, {one}, std::vector<std::uint32_t>(2 * infinite, one)};
  for (std::uint32_t bits = 0; bits < infinite; ++bits)
    for (const std::uint32_t of : {0U, sign}) launch.operands[0].push_back(bits | of);
  for (const float epsilon : {1e-5F, 1e-12F}) {
    launch.line.epsilon = epsilon;
    Held forward, backward;
    hold_rms(launch, forward, backward);
    INFO("forward: " << forward.places << " last places, backward: " << backward.worst << " of what is allowed");
    CHECK(forward.places < 0.51);
    CHECK(forward.places > 0.49);
    CHECK(backward.worst < 1);
  }
}

TEST_CASE("RMS norm: of zeros zeros, and a token with an infinity or NaN has no finite result") {
  ProgramLaunch launch;
  launch.block = {{1, 2}, 5, 1};
  launch.line.train = false;
  launch.operands = {std::vector<std::uint32_t>(5), std::vector<std::uint32_t>(5, one)};
  CHECK(norm_plain<NormForm::root_mean_square>(launch) == std::vector<std::uint32_t>(5));
  for (const std::uint32_t bits : {infinite, infinite | sign, infinite | 1U}) {
    launch.operands[0] = {one, 0, bits, one, 0};
    launch.operands.resize(2);
    for (const std::uint32_t half : norm_plain<NormForm::root_mean_square>(launch))
      CHECK((half & infinite) == infinite);
    launch.operands.push_back({one, one, 0, 0, one});
    for (const std::uint32_t half : plain_deltas(NormForm::root_mean_square, launch))
      CHECK((half & infinite) == infinite);
  }
}

TEST_CASE("gradients of gain and shift are sums over tokens, row by row") {
  std::mt19937 random(8);
  double worst = 0;
  for (const NormForm form : {NormForm::layer, NormForm::root_mean_square})
    for (const Shape& shape : shapes) {
      if (shape.features > 1000) continue;
      Case c(random, shape.features, shape.tokens, shape.rectangle, 0.3, 1);
      const Case deltas(random, shape.features, shape.tokens, shape.rectangle, 0, 2);
      c.launch.operands = {c.launch.operands[0], deltas.launch.operands[0]};
      const bool centred = form == NormForm::layer;
      const std::vector<std::uint32_t> made = centred ? norm_gradient_plain<NormForm::layer>(c.launch)
                                                      : norm_gradient_plain<NormForm::root_mean_square>(c.launch);
      const auto count = static_cast<std::size_t>(shape.features);
      REQUIRE(made.size() == (centred ? 2 : 1) * count);
      Doubles gain(count, 0.0), shift(count, 0.0), sizes(count, 0.0);
      for (int token = 0; token < shape.tokens; ++token) {
        const Doubles normal = normed(form, c.token(0, token), Doubles(count, 1.0), Doubles(count, 0.0), 1e-5F);
        const Doubles delta = c.token(1, token);
        for (std::size_t at = 0; at < count; ++at) {
          gain[at] += delta[at] * normal[at];
          shift[at] += delta[at];
          sizes[at] += std::abs(delta[at]) * (1 + std::abs(normal[at]));
        }
      }
      const BlockMap& block = c.launch.block;
      std::size_t at = 0;
      for (int row = 0; row < block.rows(); ++row)
        for (const Doubles* exact : {&gain, &shift})
          for (int held = 0; (centred || exact == &gain) && held < block.features_of(row); ++held, ++at) {
            const auto feature = static_cast<std::size_t>(block.first_feature(row) + held);
            float result;
            std::memcpy(&result, &made[at], sizeof result);
            worst = std::max(worst, std::abs(result - (*exact)[feature]) / sizes[feature]);
          }
    }
  INFO("worst, of the sum of sizes: " << worst);
  CHECK(worst < 2e-6);
}
