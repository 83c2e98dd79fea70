// Question: are the values of attention's products, of all heads and sequences of a lane at once, those of the PE
// programs of each rectangle, bit for bit, and right?
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <random>

#include "hw/pe/arithmetic.h"
#include "hw/spec/machine_file.h"
#include "hw/wafer/attention_values.h"
#include "sw/kernels/launch_runner.h"
#include "tests/support/fp16.h"
#include "tests/support/paths.h"
#include "tlm/base/error.h"

using namespace weft;
using namespace weft::hw;

namespace {

constexpr KernelKind products[] = {KernelKind::attention_scores, KernelKind::attention_values,
                                   KernelKind::attention_keys};
constexpr float untouched = 12345;

enum class Values {
  near_one,    ///< +-[0.5, 1)
  any,         ///< the same, and one in eight is any 16 bits
  cancelling,  ///< +-128 and +-[2^-9, 2^-8): another order of sums is another fp16
};

FeatureBlock random_block(int features, int tokens, Values values, std::mt19937& random) {
  FeatureBlock block;
  block.resize(features, tokens);
  for (float& value : block.values) {
    const std::uint32_t bits = random(), signed_half = bits >> 16 & 0x83ff;
    std::uint32_t half = 0x3800 | signed_half;
    if (values == Values::any && bits % 8 == 0) half = bits >> 16;
    if (values == Values::cancelling) half = bits % 2 == 0 ? 0x5800 | (signed_half & 0x8000) : 0x1800 | signed_half;
    value = half_to_float(static_cast<std::uint16_t>(half));
  }
  return block;
}

/// A lane with a product's operands and its result.
struct Case {
  KernelKind kind;
  HeadGrid grid;
  FeatureBlock stream, resident, result;

  const HeadShape& shape() const { return grid.shape(); }
  FeatureBlock computed(int threads) const {
    ThreadPool pool(threads);
    FeatureBlock to = result;
    attention_values(kind, fp16, grid, stream, resident, to, pool);
    return to;
  }
};

/// `more_rows`: behind the features, as of an activation with the ones of the bias.
Case random_case(KernelKind kind, Values values, int more_rows, std::mt19937& random, int queries = 1,
                 bool skips = false) {
  const auto one_of = [&](std::initializer_list<int> of) { return of.begin()[random() % of.size()]; };
  HeadShape shape{one_of({1, 2, 3}), one_of({1, 2, 3, 5, 6, 8}), one_of({1, 2, 3}), one_of({1, 2, 3, 5, 7, 12}),
                  queries};
  if (skips) {
    shape.length = one_of({7, 12, 25, 31});
    shape.mask = {random() % 4 != 0, random() % 2 == 0 ? one_of({3, 9, 20}) : 0};
    shape.queue = 6;
  }
  const int rows = best_rows(shape.heads + static_cast<int>(random() % 12), shape.heads, shape.head_size, queries),
            columns = best_columns(shape.sequences + static_cast<int>(random() % (skips ? 6 : 12)), shape.sequences,
                                   shape.length);
  const auto block = [&](bool scores, int of_queries) {
    return random_block((scores ? shape.keys() : shape.features()) * of_queries + (scores ? 0 : more_rows),
                        shape.tokens(), values, random);
  };
  const bool keys = kind == KernelKind::attention_keys, scores = kind == KernelKind::attention_scores;
  Case made{kind,
            HeadGrid({columns, rows}, shape),
            block(keys, keys ? queries : 1),
            block(kind == KernelKind::attention_values, queries),
            {}};
  made.result.resize(scores ? shape.keys() * queries : shape.features() * (keys ? 1 : queries) + more_rows,
                     shape.tokens());
  std::fill(made.result.values.begin(), made.result.values.end(), untouched);
  return made;
}

double exact(const Case& c, const HeadGrid::Place& place, int row, int column, double& size) {
  const auto at = [&](const FeatureBlock& block, int first, int block_row, int block_column) {
    return static_cast<double>(block.row(first + block_row)[place.first_token + block_column]);
  };
  const int inner = c.kind == KernelKind::attention_scores ? c.shape().head_size : c.shape().length;
  double sum = 0;
  size = 0;
  for (int k = 0; k < inner; ++k) {
    double product = 0;
    switch (c.kind) {
      case KernelKind::attention_scores:  // row: key
        product = at(c.stream, place.first_feature, k, row) * at(c.resident, place.first_feature, k, column);
        break;
      case KernelKind::attention_values:  // row: feature, column: token
        product = at(c.stream, place.first_feature, row, k) * at(c.resident, place.first_key, k, column);
        break;
      default:  // row: feature, column: key
        product = at(c.stream, place.first_key, column, k) * at(c.resident, place.first_feature, row, k);
    }
    sum += product;
    size += std::abs(product);
  }
  return sum;
}

/// [rows][columns], or turned, of a place's rows of a block.
template <typename Word, typename ToWord>
std::vector<Word> words(const FeatureBlock& block, const HeadGrid::Place& place, int first, int rows, int columns,
                        bool turned, ToWord&& to_word) {
  std::vector<Word> all;
  for (int outer = 0; outer < (turned ? columns : rows); ++outer)
    for (int inner = 0; inner < (turned ? rows : columns); ++inner)
      all.push_back(to_word(block.row(first + (turned ? inner : outer))[place.first_token + (turned ? outer : inner)]));
  return all;
}

/// Of grouped queries [rows][tokens of a column of each head].
std::vector<float> by_columns(const FeatureBlock& block, const HeadGrid::Place& place, int first, int rows, int length,
                              int queries) {
  const std::vector<int> bounds = split_bounds(length, place.rectangle.width);
  std::vector<float> all;
  for (int row = first; row < first + rows; ++row)
    for (std::size_t column = 0; column + 1 < bounds.size(); ++column)
      for (int head = 0; head < queries; ++head)
        for (int token = bounds[column]; token < bounds[column + 1]; ++token)
          all.push_back(block.row(row * queries + head)[place.first_token + token]);
  return all;
}

/// Scores that are made, round by round.
std::vector<std::uint32_t> in_windows(const LaunchMap& map, const HeadGrid::Place& place, const FeatureBlock& result) {
  std::vector<std::uint32_t> all;
  for (int round = 0; round < map.rounds; ++round) {
    const float* row = result.row(place.first_key + round) + place.first_token;
    for (int column = 0; column < map.positions; ++column) {
      const TokenWindow window = map.windows->at(round, column);
      for (int token = window.first; token < window.end(); ++token) all.push_back(result_bits(row[token]));
      row += map.elements[static_cast<std::size_t>(column)];
    }
  }
  return all;
}

/// Scores outside of their windows: +0, as a softmax leaves them.
void clear_outside(const Case& c, FeatureBlock& scores) {
  for (int index = 0; index < c.grid.places(); ++index) {
    const HeadGrid::Place place = c.grid.place(index);
    const auto windows = c.grid.score_windows(place.rectangle);
    const std::vector<int> bounds = split_bounds(c.shape().length, place.rectangle.width);
    for (int key = 0; key < c.shape().length; ++key)
      for (int column = 0; column < place.rectangle.width; ++column)
        for (int token = bounds[static_cast<std::size_t>(column)]; token < bounds[static_cast<std::size_t>(column) + 1];
             ++token)
          if (!windows->attended->at(key, column).has(token - bounds[static_cast<std::size_t>(column)]))
            scores.row(place.first_key + key)[place.first_token + token] = 0;
  }
}

/// The launch of one rectangle as its PEs are given it (launch_programs.h).
ProgramLaunch launch_of(const Case& c, const LaunchMap& map, const HeadGrid::Place& place, const FeatureBlock& result) {
  const int size = c.shape().head_size, length = c.shape().length, queries = c.shape().queries;
  const auto grouped = [&](const FeatureBlock& block, int first, int rows) {
    std::vector<std::uint16_t> all;
    for (const float value : by_columns(block, place, first, rows, length, queries))
      all.push_back(float_to_half(value));
    return all;
  };
  const auto halves = [&](const FeatureBlock& block, int first, int rows, bool turned) {
    return words<std::uint16_t>(block, place, first, rows, length, turned, [](float v) { return float_to_half(v); });
  };
  ProgramLaunch launch;
  launch.name = kernel_name(c.kind);
  launch.kind = c.kind;
  launch.map = &map;
  launch.keeps_fp32 = kernel_of(c.kind).sums_fp32;
  switch (c.kind) {
    case KernelKind::attention_scores:
      if (map.windows) {
        launch.stream = halves(c.stream, place.first_feature, size, true);
        launch.resident = grouped(c.resident, place.first_feature, size);
        launch.results = in_windows(map, place, result);
        break;
      }
      launch.stream = halves(c.stream, place.first_feature, size, true);
      launch.resident = grouped(c.resident, place.first_feature, size);
      for (const float score : by_columns(result, place, place.first_key, length, length, queries))
        launch.results.push_back(result_bits(score));
      break;
    case KernelKind::attention_values:
      launch.stream = halves(c.stream, place.first_feature, size, true);
      launch.resident = grouped(c.resident, place.first_key, length);
      for (const std::uint16_t half : grouped(result, place.first_feature, size)) launch.results.push_back(half);
      break;
    default:
      launch.stream = grouped(c.stream, place.first_key, length);
      launch.resident = grouped(c.resident, place.first_feature, size);
      for (const std::uint16_t half : halves(result, place.first_feature, size, true)) launch.results.push_back(half);
  }
  return launch;
}

}  // namespace

TEST_CASE("2 heads of 1 feature, 2 sequences of 2 tokens: by hand") {
  const HeadGrid grid({2, 2}, {2, 1, 2, 2});
  ThreadPool pool(2);
  FeatureBlock features, scores, result;
  features.resize(2, 4);
  features.values = {1, 2, 3, 4, 5, 6, 7, 8};
  scores.resize(4, 4);
  result.resize(4, 4);
  attention_values(KernelKind::attention_scores, fp16, grid, features, features, result, pool);
  CHECK(result.values == std::vector<float>{1, 2, 9, 12, 2, 4, 12, 16, 25, 30, 49, 56, 30, 36, 56, 64});
  scores.values = {1, 10, 1, 0, 100, 0, 0, 1, 2, 0, 1, 1, 0, 2, 1, 1};
  result.resize(2, 4);
  attention_values(KernelKind::attention_values, fp16, grid, features, scores, result, pool);
  CHECK(result.values == std::vector<float>{201, 10, 3, 4, 10, 12, 15, 15});
  attention_values(KernelKind::attention_keys, fp16, grid, scores, features, result, pool);
  CHECK(result.values == std::vector<float>{21, 100, 3, 4, 10, 12, 15, 15});
}

TEST_CASE("by hand: what is too small or too large for halves is counted, of scores in fp32 nothing") {
  const HeadGrid grid({1, 2}, {2, 1, 1, 2});
  ThreadPool pool(2);
  FeatureBlock features, scores, result;
  features.resize(2, 2);
  features.values = {std::ldexp(1.0F, -13), 0, 30'000, 30'000};
  scores.resize(4, 2);
  result.resize(4, 2);
  CHECK(attention_values(KernelKind::attention_scores, fp16, grid, features, features, result, pool).values == 0);
  scores.values = {std::ldexp(1.0F, -13), std::ldexp(1.0F, -11), 5, 6, 1, 1, 2, 1};
  result.resize(2, 2);
  const HalfLosses losses = attention_values(KernelKind::attention_values, fp16, grid, features, scores, result, pool);
  // 2^-26 and 2^-24; 90,000 and 60,000
  CHECK((losses.values == 4 && losses.zeros == 1 && losses.infinities == 1));
  CHECK(result.values == std::vector<float>{0, std::ldexp(1.0F, -24), std::numeric_limits<float>::infinity(), 60'000});
}

TEST_CASE("random grids against double precision") {
  std::mt19937 random(21);
  for (const KernelKind kind : products) {
    double worst = 0;
    for (int number = 0; number < 150; ++number) {
      const Case c = random_case(kind, Values::near_one, number % 2, random);
      const FeatureBlock result = c.computed(2);
      const bool fp32 = kind == KernelKind::attention_scores;
      const int rows = fp32 ? c.shape().length : c.shape().head_size;
      for (int index = 0; index < c.grid.places(); ++index) {
        const HeadGrid::Place place = c.grid.place(index);
        for (int row = 0; row < rows; ++row) {
          for (int column = 0; column < c.shape().length; ++column) {
            double size = 0;
            const double wanted = exact(c, place, row, column, size);
            const float got =
                result.row((fp32 ? place.first_key : place.first_feature) + row)[place.first_token + column];
            // Each of at most 24 roundings of a sum to 24 bits, then one to 11 bits; sums of halves are no subnormals.
            const double room = 24 * size * std::ldexp(1.0, -24) + (fp32 ? 0 : std::abs(wanted) * std::ldexp(1.0, -11));
            worst = std::max(worst, std::abs(got - wanted) / room);
          }
        }
      }
      for (int row = c.shape().features(); !fp32 && row < result.features; ++row)
        for (int token = 0; token < result.tokens; ++token) CHECK(result.row(row)[token] == untouched);
    }
    INFO(kernel_name(kind));
    CHECK(worst <= 1.001);
    CHECK(worst > 0.01);
  }
}

TEST_CASE("random grids: bits of the PE programs of each head and sequence, infinities and NaN among them") {
  const MachineSpec machine = load_machine("mini", weft::test::source_path("hw/machines"));
  sw::LaunchRunner programs(machine, {}, {});
  std::mt19937 random(22);
  for (const KernelKind kind : products) {
    for (int number = 0; number < 90; ++number) {
      const Case c =
          random_case(kind, static_cast<Values>(number % 3), number % 2, random, number < 60 ? 1 : number % 4 + 1);
      const FeatureBlock result = c.computed(3);
      for (int index = 0; index < c.grid.places(); ++index) {
        const HeadGrid::Place place = c.grid.place(index);
        const LaunchMap map = c.grid.map(kind, place.rectangle);
        ProgramLaunch launch = launch_of(c, map, place, result);
        CHECK_NOTHROW(programs.run(launch));
        if (number > 0 || index > 0) continue;
        launch.results.back() ^= 1;
        CHECK_THROWS(programs.run(launch));
      }
    }
  }
  CHECK(programs.totals().sums > 15'000);
}

TEST_CASE("random grids that skip what a mask leaves out: bits of the PE programs, infinities and NaN among them") {
  const MachineSpec machine = load_machine("mini", weft::test::source_path("hw/machines"));
  sw::LaunchRunner programs(machine, {}, {});
  std::mt19937 random(25);
  std::int64_t left_out = 0;
  for (const KernelKind kind : products) {
    for (int number = 0; number < 60; ++number) {
      Case c = random_case(kind, static_cast<Values>(number % 3), number % 2, random, 1, true);
      if (kind == KernelKind::attention_values) clear_outside(c, c.resident);
      if (kind == KernelKind::attention_keys) clear_outside(c, c.stream);
      const FeatureBlock result = c.computed(2);
      for (int index = 0; index < c.grid.places(); ++index) {
        const HeadGrid::Place place = c.grid.place(index);
        const LaunchMap map = c.grid.map(kind, place.rectangle);
        ProgramLaunch launch = launch_of(c, map, place, result);
        CHECK_NOTHROW(programs.run(launch));
        for (int round = 0; round < map.rounds; ++round)
          for (int column = 0; column < place.rectangle.width; ++column)
            left_out +=
                split_count(c.shape().length, place.rectangle.width, column) - map.windows->at(round, column).count;
      }
    }
  }
  CHECK(left_out > 10'000);
}

TEST_CASE("programs that do not fit into a PE are refused by the name of their launch") {
  MachineSpec machine = load_machine("mini", weft::test::source_path("hw/machines"));
  machine.pe.code_bytes = machine.pe.sram_bytes - 16;
  sw::LaunchRunner programs(machine, {}, {});
  std::mt19937 random(24);
  const Case c = random_case(KernelKind::attention_scores, Values::near_one, 0, random);
  const HeadGrid::Place place = c.grid.place(0);
  const LaunchMap map = c.grid.map(c.kind, place.rectangle);
  ProgramLaunch launch = launch_of(c, map, place, c.computed(1));
  launch.name = "step 3, h0.attention, head 1";
  try {
    programs.run(launch);
    FAIL("it was not refused");
  } catch (const UsageError& refusal) {
    CHECK_THAT(refusal.what(), Catch::Matchers::Contains("step 3, h0.attention, head 1, as PE programs") &&
                                   Catch::Matchers::Contains("16 of its 49152 bytes are for data"));
  }
}

TEST_CASE("bits do not depend on the threads") {
  std::mt19937 random(23);
  for (int number = 0; number < 60; ++number) {
    const Case c = random_case(products[number % 3], Values::near_one, 0, random);
    const FeatureBlock one = c.computed(1);
    CHECK(c.computed(2).values == one.values);
    CHECK(c.computed(5).values == one.values);
  }
}
