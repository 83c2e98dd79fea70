// Question: is attention in tiles of keys what double precision says of all keys at once, whatever the tiles, the mask
// and the scores: its output, forward, and the deltas of its scores? And what of tokens that a tile's mask leaves none?
#include "hw/kernels/attention_tiles.h"

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

using Bits = std::vector<std::uint32_t>;
using Doubles = std::vector<double>;

constexpr float lowest = std::numeric_limits<float>::lowest();

/// One head of one sequence, with values of `features` features.
struct Case {
  int length, features, tiles;
  Rectangle rectangle;
  AttentionMask mask;
  float scale;
  Bits scores;          ///< [keys][tokens], fp32
  Bits values, deltas;  ///< halves: V [features][keys], dO [features][tokens]

  std::size_t at(int row, int token) const { return static_cast<std::size_t>(row * length + token); }
};

Case random_case(int number, std::mt19937& random) {
  const auto any = [&](int least, int most) { return least + static_cast<int>(random() % (most - least + 1)); };
  Case c;
  c.length = any(1, 24);
  c.features = any(1, 9);
  c.rectangle = {any(1, std::min(c.length, 5)), any(1, c.features)};
  c.tiles = any(1, split_count(c.length, c.rectangle.width, 0));
  c.mask.causal = number % 4 != 0;
  if (number % 3 == 0) c.mask.reach = any(1, c.length);
  c.scale = number % 2 == 0 ? 1.0F : 0.0883883461F;
  std::normal_distribution<float> scores(0, number % 5 == 0 ? 1e30F : number % 5 == 1 ? 60.0F : 3.0F), values;
  for (int at = 0; at < c.length * c.length; ++at) c.scores.push_back(result_bits(scores(random)));
  for (int at = 0; at < c.features * c.length; ++at) {
    c.values.push_back(float_to_half(values(random)));
    c.deltas.push_back(float_to_half(values(random)));
  }
  return c;
}

double half_value(std::uint32_t bits) { return half_to_float(static_cast<std::uint16_t>(bits)); }

/// What the launches make of a case, one after the other.
struct Made {
  Bits output, share, greatest, score_deltas;  ///< score_deltas [keys][tokens]
  Bits probabilities;                          ///< made again, the same
};

ProgramLaunch launch_of(const Case& c, int rows) {
  ProgramLaunch launch;
  launch.block = {c.rectangle, rows, c.length};
  launch.line.score_scale = c.scale;
  launch.line.mask = c.mask;
  launch.line.tiles = c.tiles;
  return launch;
}

Made made_of(const Case& c) {
  Made made;
  const auto tokens = static_cast<std::size_t>(c.length);
  Bits total, sums(c.values.size(), 0);
  HeadShape shape{1, c.features, 1, c.length};
  shape.mask = c.mask;
  shape.tiles = c.tiles;
  const auto of_tile = [&](int tile) {
    shape.tile = tile;
    const HeadGrid grid(c.rectangle, shape);
    ProgramLaunch launch = launch_of(c, grid.keys(c.rectangle).count());
    launch.line.tile = tile;
    launch.line.windows = grid.score_windows(c.rectangle);
    launch.operands.resize(1);
    for (int key = 0; key < launch.block.features; ++key)
      for (int token = 0; token < c.length; ++token)
        launch.operands[0].push_back(c.scores[c.at(grid.keys(c.rectangle).place(key), token)]);
    return launch;
  };
  for (int tile = 0; tile < c.tiles; ++tile) {
    ProgramLaunch softmax = of_tile(tile);
    const std::size_t count = softmax.operands[0].size();
    if (tile > 0) softmax.operands.insert(softmax.operands.end(), {made.greatest, total});
    const Bits step = attention_softmax_tile_plain(softmax);
    REQUIRE(step.size() == count + 3 * tokens);
    const auto part = [&](std::size_t which) {
      return Bits(step.begin() + static_cast<std::ptrdiff_t>(count + which * tokens),
                  step.begin() + static_cast<std::ptrdiff_t>(count + (which + 1) * tokens));
    };
    made.greatest = part(0);
    total = part(1);
    if (tile > 0) {
      ProgramLaunch rescale = launch_of(c, c.features);
      rescale.operands = {sums, part(2)};
      sums = attention_rescale_plain(rescale);
    }
    const TileKeys keys(c.length, c.rectangle.width, c.tiles, tile);
    for (int feature = 0; feature < c.features; ++feature)
      for (int token = 0; token < c.length; ++token)
        for (int key = 0; key < keys.count(); ++key)
          sums[c.at(feature, token)] = fused_multiply_add(
              HalfFormat::fp16, static_cast<std::uint16_t>(step[c.at(key, token)]),
              static_cast<std::uint16_t>(c.values[c.at(feature, keys.place(key))]), sums[c.at(feature, token)]);
  }
  ProgramLaunch output = launch_of(c, c.features);
  output.operands = {sums, total};
  made.output = attention_output_plain(output);
  made.share.assign(made.output.end() - c.length, made.output.end());
  made.output.resize(c.values.size());

  ProgramLaunch summed = launch_of(c, c.features);
  summed.operands = {c.deltas, made.output};
  const Bits output_sums = attention_output_sums_plain(summed);
  made.score_deltas.resize(c.scores.size());
  made.probabilities.resize(c.scores.size());
  for (int tile = 0; tile < c.tiles; ++tile) {
    ProgramLaunch again = of_tile(tile);
    const TileKeys keys(c.length, c.rectangle.width, c.tiles, tile);
    again.operands.insert(again.operands.end(), {made.greatest, made.share});
    const Bits probabilities = attention_probabilities_plain(again);
    Bits of_probabilities;
    for (int key = 0; key < keys.count(); ++key)
      for (int token = 0; token < c.length; ++token) {
        std::uint32_t sum = 0;
        for (int feature = 0; feature < c.features; ++feature)
          sum = fused_multiply_add(HalfFormat::fp16, static_cast<std::uint16_t>(c.deltas[c.at(feature, token)]),
                                   static_cast<std::uint16_t>(c.values[c.at(feature, keys.place(key))]), sum);
        of_probabilities.push_back(sum);
      }
    again.operands = {probabilities, of_probabilities, output_sums};
    const Bits deltas = attention_score_deltas_plain(again);
    for (int key = 0; key < keys.count(); ++key)
      for (int token = 0; token < c.length; ++token) {
        made.score_deltas[c.at(keys.place(key), token)] = deltas[c.at(key, token)];
        made.probabilities[c.at(keys.place(key), token)] = probabilities[c.at(key, token)];
      }
  }
  return made;
}

/// Of one token, of all keys at once.
struct Exact {
  Doubles probabilities, output, score_deltas;
};

Exact exact_of(const Case& c, int token) {
  Exact exact{Doubles(static_cast<std::size_t>(c.length)), Doubles(static_cast<std::size_t>(c.features)), {}};
  double greatest = -std::numeric_limits<double>::infinity(), sum = 0, along = 0;
  const auto score = [&](int key) { return static_cast<double>(float_of(c.scores[c.at(key, token)])); };
  const auto sees = [&](int key) { return c.mask.attends(token, key); };
  for (int key = 0; key < c.length; ++key)
    if (sees(key)) greatest = std::max(greatest, score(key));
  for (int key = 0; key < c.length; ++key)
    if (sees(key))
      sum += exact.probabilities[static_cast<std::size_t>(key)] =
          std::exp(static_cast<double>(c.scale) * (score(key) - greatest));
  Doubles of_key;
  for (int key = 0; key < c.length; ++key) {
    double& probability = exact.probabilities[static_cast<std::size_t>(key)];
    probability /= sum;
    double delta = 0;
    for (int feature = 0; feature < c.features; ++feature) {
      exact.output[static_cast<std::size_t>(feature)] += probability * half_value(c.values[c.at(feature, key)]);
      delta += half_value(c.deltas[c.at(feature, token)]) * half_value(c.values[c.at(feature, key)]);
    }
    of_key.push_back(delta);
    along += probability * delta;
  }
  for (int key = 0; key < c.length; ++key)
    exact.score_deltas.push_back(static_cast<double>(c.scale) * exact.probabilities[static_cast<std::size_t>(key)] *
                                 (of_key[static_cast<std::size_t>(key)] - along));
  return exact;
}

/// How far a case is off, at worst.
struct Errors {
  double output = 0;       ///< of the greatest value
  double probability = 0;  ///< by itself
  double delta = 0;        ///< of the greatest sum over features of what it is made of

  void take(const Errors& other) {
    output = std::max(output, other.output);
    probability = std::max(probability, other.probability);
    delta = std::max(delta, other.delta);
  }
};

constexpr double half_rounding = 0.00048828125;  // 2^-11
constexpr Errors allowed{2 * half_rounding, half_rounding, 3 * half_rounding};

Errors errors_of(const Case& c) {
  const Made made = made_of(c);
  double greatest = 0;
  for (const std::uint32_t value : c.values) greatest = std::max(greatest, std::abs(half_value(value)));
  Errors worst;
  for (int token = 0; token < c.length; ++token) {
    const Exact exact = exact_of(c, token);
    double of_delta = 0;
    for (int feature = 0; feature < c.features; ++feature) {
      of_delta += std::abs(half_value(c.deltas[c.at(feature, token)])) * greatest;
      const double wanted = exact.output[static_cast<std::size_t>(feature)];
      worst.take({std::abs(half_value(made.output[c.at(feature, token)]) - wanted) / greatest, 0, 0});
    }
    for (int key = 0; key < c.length; ++key) {
      const std::size_t at = c.at(key, token), place = static_cast<std::size_t>(key);
      worst.take({0, std::abs(half_value(made.probabilities[at]) - exact.probabilities[place]),
                  std::abs(half_value(made.score_deltas[at]) - exact.score_deltas[place]) / of_delta});
      if (!c.mask.attends(token, key)) CHECK((made.probabilities[at] == 0 && half_value(made.score_deltas[at]) == 0));
    }
  }
  return worst;
}

void check(const Errors& worst) {
  INFO("worst: output " << worst.output << ", probability " << worst.probability << ", delta " << worst.delta);
  CHECK(worst.output < allowed.output);
  CHECK(worst.probability < allowed.probability);
  CHECK(worst.delta < allowed.delta);
}

}  // namespace

TEST_CASE("random tiles: output, probabilities and deltas of scores as double precision has them of all keys") {
  std::mt19937 random(17);
  Errors worst;
  int tiled = 0;
  for (int number = 0; number < 1500; ++number) {
    const Case c = random_case(number, random);
    worst.take(errors_of(c));
    tiled += c.tiles > 1;
  }
  CHECK(tiled > 1000);
  check(worst);
}

TEST_CASE("tiles that a search made worse, a number at a time: no more than is allowed") {
  std::mt19937 random(18);
  const auto share = [](const Errors& errors) {
    return errors.output / allowed.output + errors.probability / allowed.probability + errors.delta / allowed.delta;
  };
  Errors worst;
  for (int number = 0; number < 12; ++number) {
    Case c = random_case(number, random);
    Errors errors = errors_of(c);
    for (int step = 0; step < 250; ++step) {
      Case other = c;
      const auto any = [&](Bits& of) -> std::uint32_t& { return of[random() % of.size()]; };
      switch (random() % 4) {
        case 0:
          any(other.scores) = result_bits(float_of(any(other.scores)) + static_cast<float>(random() % 2001) / 500 - 2);
          break;
        case 1:
          any(other.values) ^= 1U << random() % 12;
          break;
        case 2:
          any(other.deltas) ^= 1U << random() % 12;
          break;
        default:
          other.tiles =
              1 + static_cast<int>(random() % static_cast<unsigned>(split_count(c.length, c.rectangle.width, 0)));
      }
      const Errors changed = errors_of(other);
      if (share(changed) < share(errors)) continue;
      c = other;
      errors = changed;
    }
    worst.take(errors);
  }
  check(worst);
}

TEST_CASE("a tile that the mask leaves a token none of: nothing is in it, and the next begins anew") {
  // Two keys, two tokens on one column, a key a tile, the later key first: token 0 sees key 0 alone.
  Case c{2, 1, 1, {1, 1}, {true, 0, 0}, 1.0F, {}, {}, {}};
  ProgramLaunch launch = launch_of(c, 1);
  const auto windows_of_key = [&](int key) { return std::make_shared<const ScoreWindows>(ScoreWindows{{key}}); };
  const std::uint32_t five = result_bits(5.0F), one = result_bits(1.0F), half_one = 0x3c00;
  launch.line.windows = windows_of_key(1);
  launch.operands = {{five, five}};
  const Bits first = attention_softmax_tile_plain(launch);
  CHECK(first[0] == 0);
  CHECK(first[1] == half_one);
  CHECK(first[2] == result_bits(lowest));  // the greatest, then the sums
  CHECK(first[3] == five);
  CHECK(first[4] == 0);
  CHECK(first[5] == one);
  launch.line.windows = windows_of_key(0);
  launch.line.tile = 1;
  launch.operands = {{five, five}, {first[2], first[3]}, {first[4], first[5]}};
  const Bits second = attention_softmax_tile_plain(launch);
  CHECK(second[0] == half_one);
  CHECK(second[1] == half_one);
  CHECK(second[2] == five);
  CHECK(second[3] == five);
  CHECK(second[4] == one);
  CHECK(float_of(second[5]) == 2);
  CHECK(float_of(second[6]) < 2e-38F);  // what the sums are multiplied with, which are 0
  CHECK(second[7] == one);
}

TEST_CASE("a score that is NaN is NaN in all that the token gets, one that is masked is nothing") {
  std::mt19937 random(4);
  Case c = random_case(1, random);
  while (c.length < 6 || c.tiles < 2) c = random_case(1, random);
  c.mask = {true, 0, 0};
  c.scores[c.at(2, 4)] = 0x7fc00000;  // token 4 sees key 2
  c.scores[c.at(5, 1)] = 0x7fc00000;  // token 1 does not see key 5
  const Made made = made_of(c);
  for (int feature = 0; feature < c.features; ++feature) {
    CHECK(std::isnan(half_value(made.output[c.at(feature, 4)])));
    CHECK(std::isfinite(half_value(made.output[c.at(feature, 1)])));
  }
  for (int key = 0; key < c.length; ++key) {
    CHECK(std::isnan(half_value(made.probabilities[c.at(key, 4)])) == (key <= 4));
    CHECK(std::isfinite(half_value(made.probabilities[c.at(key, 1)])));
  }
}

TEST_CASE("of a tile that is dropped which is dropped of all keys, of grouped queries as well") {
  std::mt19937 random(5);
  for (int number = 0; number < 60; ++number) {
    Case c = random_case(number, random);
    const int queries = 1 + number % 3;
    HeadShape shape{1, c.rectangle.height, 1, c.length, queries};
    const auto launch_on = [&](const BlockMap& block) {
      ProgramLaunch launch;
      launch.block = block;
      launch.line.queries = queries;
      launch.line.dropout = {0.5, 0x123456789abcdefULL + static_cast<std::uint64_t>(number), 1000, 77};
      launch.operands = {Bits(static_cast<std::size_t>(block.features * block.tokens), 0x3c00)};
      return launch;
    };
    const Bits all = dropout_plain(launch_on(HeadGrid(c.rectangle, shape).scores(c.rectangle)));
    shape.tiles = c.tiles;
    std::size_t seen = 0;
    for (shape.tile = 0; shape.tile < c.tiles; ++shape.tile) {
      const HeadGrid grid(c.rectangle, shape);
      ProgramLaunch launch = launch_on(grid.scores(c.rectangle));
      launch.line.windows = grid.score_windows(c.rectangle);
      const Bits some = dropout_plain(launch);
      for (int row = 0; row < launch.block.features; ++row) {
        const int whole = grid.keys(c.rectangle).place(row / queries) * queries + row % queries;
        for (int token = 0; token < c.length; ++token) CHECK(some[c.at(row, token)] == all[c.at(whole, token)]);
      }
      seen += some.size();
    }
    CHECK(seen == all.size());
  }
}
