// Question: is attention's softmax what double precision says where keys and tokens are dealt and scores stand in the
// windows of a mask, whatever is outside; and its backward pass and dropout the same?
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "hw/fabric/head_grid.h"
#include "hw/kernels/attention_softmax.h"
#include "hw/kernels/dropout.h"
#include "hw/pe/arithmetic.h"
#include "tests/support/halves.h"

using namespace weft;
using namespace weft::hw;

namespace {

struct Case {
  AttentionMask mask;
  int length;
  Rectangle rectangle;
};
const Case cases[] = {{{true}, 31, {3, 4}},     {{true, 5}, 40, {4, 7}}, {{true, 13}, 29, {2, 3}},
                      {{false, 9}, 33, {4, 2}}, {{true}, 9, {9, 3}},     {{true, 1}, 20, {1, 20}}};

/// One head of one sequence; what no window has is NaN.
ProgramLaunch launch_of(const Case& c, std::mt19937& random, int operands) {
  HeadShape shape{1, 1, 1, c.length};
  shape.mask = c.mask;
  shape.queue = 6;
  const HeadGrid grid({c.rectangle.width, 1}, shape);
  ProgramLaunch launch;
  launch.block = grid.scores(c.rectangle);
  launch.line.mask = c.mask;
  launch.line.windows = grid.score_windows(c.rectangle);
  launch.line.score_scale = 0.25F;
  std::normal_distribution<float> normal(0, 3);
  for (int operand = 0; operand < operands; ++operand) {
    std::vector<std::uint32_t>& values = launch.operands.emplace_back();
    for (int at = 0; at < c.length * c.length; ++at) {
      const int place = at % c.length, column = split_line(c.length, c.rectangle.width, place);
      const bool stored =
          launch.line.windows->stored->at(at / c.length, column).has(place - launch.block.first_token(column));
      values.push_back(result_bits(stored ? normal(random) : std::numeric_limits<float>::quiet_NaN()));
    }
  }
  return launch;
}

double half_value(std::uint32_t bits) { return half_to_float(static_cast<std::uint16_t>(bits)); }

struct Softmax {
  std::vector<double> probabilities;  ///< [keys][tokens], by places
  int attended = 0;
};

Softmax exact(const ProgramLaunch& launch, int length) {
  const TokenOrder order = launch.block.order();
  Softmax all{std::vector<double>(static_cast<std::size_t>(length * length)), 0};
  for (int token = 0; token < length; ++token) {
    double sum = 0;
    for (const bool divide : {false, true})
      for (int key = 0; key < length; ++key) {
        const auto at = static_cast<std::size_t>(key * length + token);
        if (!launch.line.mask.attends(order.number_at(token), order.number_at(key))) continue;
        if (divide) {
          all.probabilities[at] /= sum;
          continue;
        }
        const double bias = launch.line.bias.any() ? launch.line.bias.slope(0) * order.number_at(key) : 0.0;
        all.probabilities[at] = std::exp(launch.line.score_scale * double{float_of(launch.operands[0][at])} + bias);
        sum += all.probabilities[at];
        ++all.attended;
      }
  }
  return all;
}

}  // namespace

TEST_CASE("probabilities of what a token attends to, with and without ALiBi, and 0 of all others") {
  std::mt19937 random(3);
  for (const Case& c : cases)
    for (const int heads : {0, 4}) {
      ProgramLaunch launch = launch_of(c, random, 1);
      launch.line.bias.heads = heads;
      const Softmax wanted = exact(launch, c.length);
      const std::vector<std::uint32_t> made = attention_softmax_plain(launch);
      INFO(c.length << " tokens on " << c.rectangle.width << " x " << c.rectangle.height);
      int attended = 0;
      for (std::size_t at = 0; at < made.size(); ++at) {
        const double probability = wanted.probabilities[at];
        if (probability == 0) REQUIRE(made[at] == 0);
        REQUIRE(std::abs(half_value(made[at]) - probability) <=
                0.501 * test::last_place(probability) + 2e-5 * probability);
        attended += made[at] != 0;
      }
      CHECK(attended > wanted.attended * 9 / 10);
    }
}

TEST_CASE("backward: the derivative of the probabilities that were kept, 0 where there are none") {
  std::mt19937 random(4);
  for (const Case& c : cases) {
    ProgramLaunch launch = launch_of(c, random, 2);
    launch.operands[0] = attention_softmax_plain(launch);
    const std::vector<std::uint32_t> made = attention_softmax_backward_plain(launch);
    double largest = 0;
    for (int token = 0; token < c.length; ++token) {
      double sum = 0, size = 0;
      const auto probability = [&](int key) {
        return half_value(launch.operands[0][static_cast<std::size_t>(key * c.length + token)]);
      };
      const auto delta = [&](int key) {
        return probability(key) == 0
                   ? 0.0
                   : double{float_of(launch.operands[1][static_cast<std::size_t>(key * c.length + token)])};
      };
      for (int key = 0; key < c.length; ++key) {
        sum += probability(key) * delta(key);
        size += probability(key) * std::abs(delta(key));
      }
      for (int key = 0; key < c.length; ++key) {
        const double wanted = 0.25 * probability(key) * (delta(key) - sum),
                     result = half_value(made[static_cast<std::size_t>(key * c.length + token)]);
        REQUIRE(std::abs(result - wanted) <=
                0.5 * test::last_place(wanted) + 1e-5 * probability(key) * (size + std::abs(delta(key))));
        largest = std::max(largest, std::abs(result));
      }
    }
    CHECK((largest > 0.1 || c.mask.reach == 1));
  }
}

TEST_CASE("dropout of deltas lays them out: scaled or dropped by place where a window has them, else +0") {
  std::mt19937 random(5);
  ProgramLaunch launch = launch_of(cases[0], random, 1);
  launch.line.dropout = {0.5, 77, 0, 0};
  const std::vector<std::uint32_t> made = score_dropout_backward_plain(launch);
  ProgramLaunch whole = launch;  // whose scores all stand, in order
  whole.block.dealt = 0;
  whole.line.windows = nullptr;
  whole.operands[0].assign(made.size(), result_bits(1.0F));
  const std::vector<std::uint32_t> factors = score_dropout_backward_plain(whole);
  int kept = 0, dropped = 0;
  for (std::size_t at = 0; at < made.size(); ++at) {
    const float delta = float_of(launch.operands[0][at]), result = float_of(made[at]);
    if (std::isnan(delta)) {
      REQUIRE(made[at] == 0);
      continue;
    }
    REQUIRE(result == delta * float_of(factors[at]));
    (result == 0 ? dropped : kept) += 1;
  }
  CHECK((kept > 100 && dropped > 100));
}
