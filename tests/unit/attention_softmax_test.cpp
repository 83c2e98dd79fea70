// Question: is attention's softmax over keys what double precision says, causal and not, and is its backward pass the
// slope of that?
#include "hw/kernels/attention_softmax.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "hw/pe/arithmetic.h"
#include "tests/support/halves.h"

using namespace weft;
using namespace weft::hw;
using test::last_place;

namespace {

using Doubles = std::vector<double>;

struct Shape {
  int keys, tokens;
  Rectangle rectangle;
};
const Shape shapes[] = {{1, 1, {1, 1}},   {1, 5, {2, 3}},   {2, 1, {1, 2}},  {3, 3, {1, 1}},     {5, 9, {4, 2}},
                        {13, 7, {3, 13}}, {31, 31, {8, 5}}, {97, 3, {2, 6}}, {128, 128, {5, 8}}, {1021, 2, {1, 7}}};

ProgramLaunch launch_of(const Shape& shape, bool causal, float scale) {
  ProgramLaunch launch;
  launch.block = {shape.rectangle, shape.keys, shape.tokens};
  launch.line.mask.causal = causal;
  launch.line.score_scale = scale;
  return launch;
}

std::size_t element(const Shape& shape, int key, int token) {
  return static_cast<std::size_t>(key * shape.tokens + token);
}

int keys_of(const ProgramLaunch& launch, int token) {
  return launch.line.mask.causal ? std::min(launch.block.features, token + 1) : launch.block.features;
}

/// Of the scores that a token attends to.
Doubles softmax(const Doubles& scores, double scale) {
  double greatest = scores[0], sum = 0;
  for (const double score : scores) greatest = std::max(greatest, score);
  Doubles powers;
  for (const double score : scores) powers.push_back(std::exp(scale * (score - greatest)));
  for (const double power : powers) sum += power;
  for (double& power : powers) power /= sum;
  return powers;
}

double half_value(std::uint32_t bits) { return half_to_float(static_cast<std::uint16_t>(bits)); }

/// Roundings of fp32 sums over the keys: those in a PE, then those up the column.
double additions(const ProgramLaunch& launch) { return launch.block.features_of(0) + launch.block.rows(); }

std::vector<std::uint32_t> random_scores(std::size_t count, float spread, std::mt19937& random) {
  std::normal_distribution<float> normal(0, spread);
  std::vector<std::uint32_t> scores;
  for (std::size_t at = 0; at < count; ++at) scores.push_back(result_bits(normal(random)));
  return scores;
}

Doubles column(const std::vector<std::uint32_t>& scores, const Shape& shape, int keys, int token) {
  Doubles values;
  for (int key = 0; key < keys; ++key) values.push_back(float_of(scores[element(shape, key, token)]));
  return values;
}

constexpr std::uint32_t half_one = 0x3c00, not_a_number = 0x7fc00000, infinite = 0x7f800000,
                        minus_infinite = 0xff800000;

}  // namespace

TEST_CASE("softmax over keys: a rounding to a half and 5e-6 and that of the sum, causal or not, of scores up to 1e30") {
  std::mt19937 random(3);
  double worst = 0, worst_total = 0, worst_places = 0;
  for (const Shape& shape : shapes)
    for (const bool causal : {false, true})
      for (const float scale : {1.0F, 0.0883883461F})
        for (const float spread : {0.1F, 3.0F, 100.0F, 1e30F}) {
          ProgramLaunch launch = launch_of(shape, causal, scale);
          launch.operands = {random_scores(element(shape, shape.keys, 0), spread, random)};
          const std::vector<std::uint32_t> made = attention_softmax_plain(launch);
          REQUIRE(made.size() == launch.operands[0].size());
          // The exponent's rounding counts where e^x does: a half is at least e^-17 of the sum.
          const double relative = 5e-6 + std::ldexp(additions(launch), -24);
          for (int token = 0; token < shape.tokens; ++token) {
            const int keys = keys_of(launch, token);
            const Doubles exact = softmax(column(launch.operands[0], shape, keys, token), scale);
            double total = 0, places = 0;
            for (int key = 0; key < keys; ++key) {
              const double of_key = exact[static_cast<std::size_t>(key)];
              const double result = half_value(made[element(shape, key, token)]);
              const double rounding = 0.5 * last_place(of_key);
              worst = std::max(worst, (std::abs(result - of_key) - rounding) / (relative * of_key + 1e-30));
              if (of_key > std::ldexp(1.0, -14))
                worst_places = std::max(worst_places, std::abs(result - of_key) / (2 * rounding));
              total += result, places += rounding;
            }
            worst_total = std::max(worst_total, std::abs(total - 1) / (places + relative));
            for (int key = keys; key < shape.keys; ++key) REQUIRE(made[element(shape, key, token)] == 0);
          }
        }
  INFO("worst, of what is allowed: " << worst << ", of the sum: " << worst_total << ", last places: " << worst_places);
  CHECK(worst < 1);
  CHECK(worst_total < 1);
  CHECK(worst_places < 0.502);
  CHECK(worst_places > 0.49);
}

TEST_CASE("by hand: two keys a factor of three apart, and the first token of a causal block has its own key alone") {
  const Shape shape{2, 2, {1, 2}};
  ProgramLaunch launch = launch_of(shape, false, 0.5F);
  const std::uint32_t three = result_bits(2 * std::log(3.0F));
  launch.operands = {{three, 0, 0, three}};
  constexpr std::uint32_t quarter = 0x3400, three_quarters = 0x3a00;
  CHECK(attention_softmax_plain(launch) ==
        std::vector<std::uint32_t>{three_quarters, quarter, quarter, three_quarters});
  launch.line.mask.causal = true;
  CHECK(attention_softmax_plain(launch) == std::vector<std::uint32_t>{half_one, quarter, 0, three_quarters});
}

TEST_CASE("by hand: of equal scores each key weighs e^-slope of the one behind it, in each head by its own slope") {
  const LinearBias eight{8, 0}, twelve{12, 4};
  for (int head = 0; head < 8; ++head) CHECK(eight.slope(head) == std::ldexp(1.0F, -(head + 1)));
  CHECK(twelve.slope(3) == std::ldexp(1.0F, -8));
  const float root_of_half = 0.70710678F;
  for (int head = 4; head < 8; ++head) CHECK(twelve.slope(head) == std::ldexp(root_of_half, 4 - head));
  CHECK(LinearBias{1, 0}.slope(0) == std::ldexp(1.0F, -8));

  const Shape shape{6, 2, {2, 3}};  // a key and a head of queries a row, of three keys and two heads
  ProgramLaunch launch = launch_of(shape, false, 0.125F);
  launch.line.queries = 2;
  launch.block.together = 2;
  launch.line.bias = {8, 2};
  launch.operands = {std::vector<std::uint32_t>(element(shape, shape.keys, 0), result_bits(2.0F))};
  const std::vector<std::uint32_t> made = attention_softmax_plain(launch);
  for (int head = 0; head < 2; ++head) {
    const double fall = std::exp(-std::ldexp(1.0, -(head + 3))), sum = 1 + fall + fall * fall;
    for (int key = 0; key < 3; ++key)
      for (int token = 0; token < 2; ++token) {
        const double share = std::pow(fall, 2 - key) / sum;
        CHECK(std::abs(half_value(made[element(shape, 2 * key + head, token)]) - share) < 0.51 * last_place(share));
      }
  }
}

TEST_CASE("by hand: equal scores share a token's reach, before it alone if causal, a token that has no key has none") {
  const Shape shape{3, 5, {2, 2}};
  ProgramLaunch launch = launch_of(shape, true, 1.0F);
  launch.operands = {std::vector<std::uint32_t>(element(shape, shape.keys, 0), result_bits(2.0F))};
  constexpr std::uint32_t half = 0x3800, third = 0x3555;
  launch.line.mask.reach = 2;
  CHECK(attention_softmax_plain(launch) == std::vector<std::uint32_t>{half_one, half, 0, 0, 0,  //
                                                                      0, half, half, 0, 0,      //
                                                                      0, 0, half, half_one, 0});
  launch.line.mask.causal = false;
  CHECK(attention_softmax_plain(launch) == std::vector<std::uint32_t>{third, third, 0, 0, 0,     //
                                                                      third, third, half, 0, 0,  //
                                                                      third, third, half, half_one, 0});
}

TEST_CASE("a key that is masked counts for nothing, whatever its score, and one that is not makes its token NaN") {
  const Shape shape{5, 4, {2, 3}};
  std::mt19937 random(4);
  ProgramLaunch launch = launch_of(shape, true, 1.0F);
  launch.operands = {random_scores(element(shape, shape.keys, 0), 1, random)};
  const std::vector<std::uint32_t> without = attention_softmax_plain(launch);
  for (const std::uint32_t score : {not_a_number, infinite, minus_infinite, result_bits(3e38F), result_bits(-3e38F)}) {
    INFO("score " << float_of(score));
    ProgramLaunch other = launch;
    for (int token = 0; token < shape.tokens; ++token)
      for (int key = token + 1; key < shape.keys; ++key) other.operands[0][element(shape, key, token)] = score;
    CHECK(attention_softmax_plain(other) == without);
  }
  for (const std::uint32_t score : {not_a_number, infinite}) {
    ProgramLaunch other = launch;
    other.operands[0][element(shape, 1, 2)] = score;
    const std::vector<std::uint32_t> made = attention_softmax_plain(other);
    for (int token = 0; token < shape.tokens; ++token)
      for (int key = 0; key < shape.keys; ++key) {
        const std::uint32_t one = made[element(shape, key, token)];
        const bool is_nan = token == 2 && key <= token;
        CHECK((is_nan ? std::isnan(half_value(one)) : one == without[element(shape, key, token)]));
      }
  }
}

TEST_CASE("evaluation keeps the probabilities as well") {
  const Shape shape{7, 3, {1, 2}};
  std::mt19937 random(5);
  ProgramLaunch launch = launch_of(shape, true, 1.0F);
  launch.operands = {random_scores(element(shape, shape.keys, 0), 1, random)};
  const std::vector<std::uint32_t> training = attention_softmax_plain(launch);
  launch.line.train = false;
  CHECK(attention_softmax_plain(launch) == training);
}

TEST_CASE("backward: the derivative in double precision, of the probabilities that were kept") {
  std::mt19937 random(6);
  std::normal_distribution<float> normal;
  double worst = 0, sums = 0;
  for (const Shape& shape : shapes)
    for (const bool causal : {false, true})
      for (const float scale : {1.0F, 0.0883883461F})
        for (const float spread : {0.01F, 1.0F, 500.0F}) {
          ProgramLaunch launch = launch_of(shape, causal, scale);
          launch.operands = {random_scores(element(shape, shape.keys, 0), 2, random)};
          const std::vector<std::uint32_t> kept = attention_softmax_plain(launch);
          launch.operands = {kept, random_scores(kept.size(), spread, random)};
          const std::vector<std::uint32_t> made = attention_softmax_backward_plain(launch);
          REQUIRE(made.size() == kept.size());
          for (int token = 0; token < shape.tokens; ++token) {
            double sum = 0, size = 0;
            for (int key = 0; key < shape.keys; ++key) {
              const double part = half_value(kept[element(shape, key, token)]) *
                                  float_of(launch.operands[1][element(shape, key, token)]);
              sum += part, size += std::abs(part);
            }
            for (int key = 0; key < shape.keys; ++key) {
              const double probability = half_value(kept[element(shape, key, token)]);
              const double delta = float_of(launch.operands[1][element(shape, key, token)]);
              const double exact = scale * probability * (delta - sum);
              const double result = half_value(made[element(shape, key, token)]);
              // The sum's additions, and its terms' roundings; four roundings of the rest.
              const double allowed =
                  scale * probability * std::ldexp(size * (additions(launch) + 1) + 4 * (std::abs(delta) + size), -24);
              worst = std::max(worst, (std::abs(result - exact) - 0.5 * last_place(exact)) / (allowed + 1e-30));
              if (probability == 0) CHECK(result == 0);
              sums += std::abs(exact);
            }
          }
        }
  INFO("worst, of what is allowed: " << worst);
  CHECK(worst < 1);
  CHECK(sums > 1000);
}

TEST_CASE("backward is the slope of the forward pass, by differences in double precision") {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  double worst = 0;
  for (const bool causal : {false, true})
    for (const Shape& shape : shapes) {
      if (shape.keys > 100) continue;
      constexpr double scale = 0.25, step = 1e-5;
      ProgramLaunch launch = launch_of(shape, causal, static_cast<float>(scale));
      const std::vector<std::uint32_t> scores = random_scores(element(shape, shape.keys, 0), 3, random);
      launch.operands = {scores};
      const std::vector<std::uint32_t> deltas = random_scores(scores.size(), 1, random);
      launch.operands = {attention_softmax_plain(launch), deltas};
      const std::vector<std::uint32_t> made = attention_softmax_backward_plain(launch);
      for (int token = 0; token < shape.tokens; ++token) {
        const int keys = keys_of(launch, token);
        const auto along = [&](int key, double by) {
          Doubles moved = column(scores, shape, keys, token);
          moved[static_cast<std::size_t>(key)] += by;
          const Doubles exact = softmax(moved, scale);
          double loss = 0;
          for (int at = 0; at < keys; ++at)
            loss += exact[static_cast<std::size_t>(at)] * float_of(deltas[element(shape, at, token)]);
          return loss;
        };
        for (int key = 0; key < keys; ++key) {
          const double slope = (along(key, step) - along(key, -step)) / (2 * step);
          const double result = half_value(made[element(shape, key, token)]);
          worst = std::max(worst, std::abs(result - slope));
        }
      }
    }
  // P is a half: each is off by up to 2^-12, and with it the sum; dP is up to 4.
  INFO("worst: " << worst);
  CHECK(worst < 2e-4);
  CHECK(worst > 0);
}

TEST_CASE("backward: NaN of a token's probability or delta is NaN in all of the token, in no other") {
  const Shape shape{4, 3, {2, 2}};
  std::mt19937 random(8);
  for (const std::size_t operand : {0U, 1U}) {
    ProgramLaunch launch = launch_of(shape, false, 1.0F);
    launch.operands = {std::vector<std::uint32_t>(element(shape, shape.keys, 0), 0x3400),
                       random_scores(element(shape, shape.keys, 0), 1, random)};
    launch.operands[operand][element(shape, 2, 1)] = operand == 0 ? 0x7e00 : not_a_number;
    const std::vector<std::uint32_t> made = attention_softmax_backward_plain(launch);
    for (int token = 0; token < shape.tokens; ++token)
      for (int key = 0; key < shape.keys; ++key)
        CHECK(std::isnan(half_value(made[element(shape, key, token)])) == (token == 1));
  }
}
