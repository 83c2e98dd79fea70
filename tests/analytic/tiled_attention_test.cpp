// Question: does attention in tiles of keys train as double precision does, whatever tells positions, however long the
// tiles are and however sequences lie; as without tiles, up to rounding? Are all of its launches their PE programs, bit
// and cycle, and the same on threads, cut and without fast-forward?
#include <catch2/catch.hpp>

#include <memory>

#include "tests/support/gpt_comparison.h"
#include "tests/support/training_state.h"
#include "tlm/base/error.h"

using namespace weft;
using hw::KernelKind;
using test::GraphTraining;
using test::TrainingWay;

namespace {

sw::TransformerConfig tiled(int width, int heads, int keys, int layers = 1, int length = 24) {
  sw::TransformerConfig model = test::small_gpt(width, heads, layers);
  model.max_position_embeddings = model.sequence_length = length;
  model.tile_keys = keys;
  return model;
}

TrainingWay way_of(int columns = 3, int batch = 4, int rows = 6, int length = 24) {
  TrainingWay way;
  way.batch = batch;
  way.sample_tokens = length;
  way.steps = 6;
  way.rate = 0.05;
  way.mapping = hw::Mapping{{columns * batch, rows}, 1};
  return way;
}

const std::vector<KernelKind> kinds{
    KernelKind::attention_scores,       KernelKind::attention_softmax_tile, KernelKind::attention_values_tile,
    KernelKind::attention_output,       KernelKind::attention_output_sums,  KernelKind::attention_probabilities,
    KernelKind::attention_score_deltas, KernelKind::attention_values,       KernelKind::attention_keys};
/// Of more than one tile.
std::vector<KernelKind> with_rescale() {
  std::vector<KernelKind> all = kinds;
  all.push_back(KernelKind::attention_rescale);
  return all;
}

sw::TransformerConfig with_groups(sw::TransformerConfig model, int kv_heads) {
  model.num_kv_heads = kv_heads;
  return model;
}
sw::TransformerConfig skipping(sw::TransformerConfig model) {
  model.skip_masked = true;
  return model;
}

}  // namespace

TEST_CASE("a key a tile, in one column") { test::compare_with_doubles(tiled(12, 2, 1), way_of(1)); }
TEST_CASE("seven keys a tile, in one column") { test::compare_with_doubles(tiled(12, 2, 7), way_of(1)); }
TEST_CASE("tiles that divide a sequence on three columns") { test::compare_with_doubles(tiled(12, 2, 6, 2), way_of()); }
TEST_CASE("five keys a tile on three columns") { test::compare_with_doubles(tiled(12, 2, 5), way_of()); }
TEST_CASE("a tile that is longer than the sequence") { test::compare_with_doubles(tiled(12, 2, 100), way_of()); }
TEST_CASE("tiles with rotary positions in bf16") {
  TrainingWay way = way_of(3, 4, 4);
  way.format = HalfFormat::bf16;
  test::compare_with_doubles(test::with_rotary(tiled(16, 2, 8)), way);
}
TEST_CASE("tiles with ALiBi") { test::compare_with_doubles(test::with_biases(tiled(18, 3, 6)), way_of()); }
TEST_CASE("tiles of which tokens see none, with a reach") {
  test::compare_with_doubles(test::with_reach(tiled(12, 2, 4), 5), way_of(1));
}
TEST_CASE("tiles with grouped queries") {
  test::compare_with_doubles(with_groups(tiled(16, 4, 6), 2), way_of(3, 4, 8));
}
TEST_CASE("tiles that skip what the mask leaves out") {
  test::compare_with_doubles(skipping(tiled(12, 2, 6, 2)), way_of());
}
TEST_CASE("tiles with dropout, of probabilities as well") {
  test::compare_with_doubles(test::with_dropout(tiled(12, 2, 5, 2)), way_of());
}
TEST_CASE("tiles with dropped probabilities of grouped queries") {
  sw::TransformerConfig model = with_groups(tiled(16, 4, 6), 2);
  model.dropout.attention = 0.25;
  test::compare_with_doubles(model, way_of(3, 4, 8));
}
TEST_CASE("tiles with dropped probabilities that skip what the mask leaves out") {
  test::compare_with_doubles(test::with_dropout(skipping(tiled(12, 2, 6))), way_of());
}
TEST_CASE("tiles with dropout on two lanes, three micro-batches, two systems, a wafer that is cut") {
  TrainingWay way = way_of(3, 12, 6, 26);
  way.systems = 2;
  way.micro_batches = 3;
  way.mapping = hw::Mapping{{3, 6}, 2};
  way.cut = {2, 2};
  test::compare_with_doubles(test::with_dropout(tiled(12, 2, 7, 1, 26)), way);
}
TEST_CASE("an encoder's tiles: no mask") {
  sw::TransformerConfig model = test::small_bert(12, 2);
  model.max_position_embeddings = model.sequence_length = 24;
  model.tile_keys = 9;
  test::compare_with_doubles(model, way_of());
}
TEST_CASE("an encoder's tiles of padded sequences") {
  sw::TransformerConfig model = test::small_bert(12, 2);
  model.max_position_embeddings = model.sequence_length = 24;
  model.tile_keys = 9;
  model.encoder.padded = true;
  const test::CountedWords words = test::words_of(model);
  const test::MaskedWords masked(words, model.sequence_length, true);
  TrainingWay once = way_of();
  once.steps = 1;
  once.rate = 1;
  GraphTraining training(sw::transformer_graph(model), masked, once);
  for (const test::GradientError& error : test::gradient_errors(training)) {
    INFO(error.name);
    CHECK((error.is_zero() ? error.difference < 0.001 * error.largest : error.relative() < 0.01));
  }
}
TEST_CASE("tiles of uneven columns and heads of uneven rows") {
  TrainingWay way = way_of(3, 3, 11, 8);
  way.mapping = hw::Mapping{{11, 11}, 1};  // of 3, 4 and 4
  test::compare_with_doubles(tiled(24, 2, 5, 1, 8), way);
}
TEST_CASE("tiles on two lanes, three micro-batches, two systems, a wafer that is cut") {
  TrainingWay way = way_of(3, 12, 6, 26);
  way.systems = 2;
  way.micro_batches = 3;
  way.mapping = hw::Mapping{{3, 6}, 2};  // of nine, nine and eight tokens
  way.cut = {2, 2};
  test::compare_with_doubles(tiled(12, 2, 7, 1, 26), way);
}

TEST_CASE("tiles as PE programs: one key each, in one column") {
  test::compare_with_programs(tiled(12, 2, 1, 1, 6), way_of(1, 2, 6, 6), with_rescale());
}
TEST_CASE("tiles as PE programs: five keys of three columns") {
  test::compare_with_programs(tiled(12, 2, 5), way_of(3, 2), with_rescale());
}
TEST_CASE("tiles as PE programs: all keys in one") {
  test::compare_with_programs(tiled(12, 2, 24), way_of(3, 2), kinds);
}
TEST_CASE("tiles as PE programs: rotary positions on uneven columns in bf16") {
  TrainingWay way = way_of(3, 3, 4, 8);
  way.mapping = hw::Mapping{{11, 4}, 1};  // of 3, 4 and 4
  way.format = HalfFormat::bf16;
  test::compare_with_programs(test::with_rotary(tiled(16, 2, 5, 1, 8)), way, with_rescale());
}
TEST_CASE("tiles as PE programs: ALiBi and a reach, on each of two lanes") {
  TrainingWay way = way_of(3, 2, 6, 26);
  way.mapping = hw::Mapping{{3, 6}, 2};
  test::compare_with_programs(test::with_biases(test::with_reach(tiled(12, 2, 9, 1, 26), 11)), way, with_rescale());
}
TEST_CASE("tiles as PE programs: grouped queries") {
  test::compare_with_programs(with_groups(tiled(16, 4, 10), 2), way_of(3, 2, 8), with_rescale());
}
TEST_CASE("tiles as PE programs: products that skip") {
  test::compare_with_programs(skipping(tiled(12, 2, 8)), way_of(3, 2), with_rescale());
}

TEST_CASE("tiles as PE programs: dropped probabilities of grouped queries") {
  std::vector<KernelKind> all = with_rescale();
  all.insert(all.end(), {KernelKind::score_dropout, KernelKind::score_dropout_backward});
  test::compare_with_programs(test::with_dropout(with_groups(tiled(16, 4, 10), 2)), way_of(3, 2, 8), all);
}
TEST_CASE("tiles as PE programs: dropped probabilities, products that skip, a reach") {
  std::vector<KernelKind> all = with_rescale();
  all.insert(all.end(), {KernelKind::score_dropout, KernelKind::score_dropout_backward});
  test::compare_with_programs(test::with_dropout(test::with_reach(skipping(tiled(12, 2, 8)), 10)), way_of(3, 2), all);
}

TEST_CASE("tiles: the same bits and cycles without fast-forward, on threads, cut") {
  test::compare_ways(test::with_dropout(test::with_rotary(tiled(16, 2, 7, 2))), way_of(3, 4, 4));
}

namespace {

void compare_with_whole(const sw::TransformerConfig& whole) {
  const TrainingWay way = way_of(3, 4, 4);
  const test::CountedWords words = test::words_of(whole);
  const auto training_of = [&](int keys) {
    sw::TransformerConfig model = whole;
    model.tile_keys = keys;
    return std::make_unique<GraphTraining>(sw::transformer_graph(model), words, way);
  };
  const auto plain = training_of(0);
  std::vector<std::unique_ptr<GraphTraining>> tiled_ones;
  for (const int keys : {3, 6, 24}) tiled_ones.push_back(training_of(keys));
  plain->run();
  for (const auto& tiles : tiled_ones) {
    tiles->run();
    for (int step = 0; step < way.steps; ++step) CHECK(tiles->loss(step) == Approx(plain->loss(step)).margin(2e-4));
    CHECK_FALSE(test::same_bits(tiles->state(), plain->state()));
    CHECK(test::farthest(tiles->parameters(), plain->parameters()) < 1e-3);
  }
}

}  // namespace

TEST_CASE("tiles beside scores that stand whole: the same losses up to rounding, whatever the tile") {
  compare_with_whole(tiled(16, 2, 0, 2));
}
TEST_CASE("tiles beside scores that stand whole: the same probabilities are dropped, whatever the tile") {
  sw::TransformerConfig model = tiled(16, 2, 0, 2);
  model.dropout.attention = 0.5;
  compare_with_whole(model);
}

TEST_CASE("more tiles than a column has keys are refused, with how many it has") {
  const sw::TransformerConfig model = tiled(12, 2, 2);
  const test::CountedWords words = test::words_of(model);
  CHECK_THROWS_WITH(GraphTraining(sw::transformer_graph(model), words, way_of()).run(),
                    Catch::Contains("12 tiles of keys") && Catch::Contains("a column of 3 holds 8 of the 24"));
}
