// Question: does attention that skips what its mask leaves out train as double precision does, whatever tells positions
// and however sequences lie; as without it, up to the order of sums; and in less time?
#include <catch2/catch.hpp>

#include "tests/support/gpt_comparison.h"
#include "tests/support/training_state.h"

using namespace weft;
using test::GraphTraining;
using test::TrainingWay;

namespace {

sw::TransformerConfig skipping(int width, int heads, int layers = 1, int length = 24) {
  sw::TransformerConfig model = test::small_gpt(width, heads, layers);
  model.max_position_embeddings = model.sequence_length = length;
  model.skip_masked = true;
  return model;
}

/// Sequences of three columns each, of eight tokens: more than a queue's six.
TrainingWay way_of(int batch = 4, int rows = 6, int length = 24) {
  TrainingWay way;
  way.batch = batch;
  way.sample_tokens = length;
  way.steps = 6;
  way.rate = 0.05;
  way.mapping = hw::Mapping{{3 * batch, rows}, 1};
  return way;
}

void compare(const sw::TransformerConfig& model, const TrainingWay& way) { test::compare_with_doubles(model, way); }
void check_programs(const sw::TransformerConfig& model, const TrainingWay& way) {
  test::compare_with_programs(model, way, {hw::KernelKind::attention_scores, hw::KernelKind::attention_softmax});
}

}  // namespace

TEST_CASE("learned positions") { compare(skipping(12, 2, 2), way_of()); }
TEST_CASE("rotary positions") { compare(test::with_rotary(skipping(16, 2)), way_of(4, 4)); }
TEST_CASE("ALiBi") { compare(test::with_biases(skipping(18, 3)), way_of()); }
TEST_CASE("tokens that reach ten keys back") { compare(test::with_reach(skipping(12, 2, 2), 10), way_of()); }
TEST_CASE("a reach with rotary positions in bf16") {
  TrainingWay way = way_of(4, 4);
  way.format = HalfFormat::bf16;
  compare(test::with_reach(test::with_rotary(skipping(16, 2)), 7), way);
}
TEST_CASE("dropout of embedding, probabilities and residuals") {
  compare(test::with_dropout(skipping(12, 2)), way_of());
}
TEST_CASE("sequences of uneven columns, heads of uneven rows") {
  TrainingWay way = way_of(3, 11, 8);
  way.mapping = hw::Mapping{{11, 11}, 1};  // of 3, 4 and 4
  compare(skipping(24, 2, 1, 8), way);
}
TEST_CASE("a ragged sequence on two lanes, three micro-batches, two systems, a wafer that is cut") {
  TrainingWay way = way_of(12, 6, 26);
  way.systems = 2;
  way.micro_batches = 3;
  way.mapping = hw::Mapping{{3, 6}, 2};  // of nine, nine and eight tokens
  way.cut = {2, 2};
  compare(skipping(12, 2, 1, 26), way);
}

TEST_CASE("launches as PE programs: learned positions") { check_programs(skipping(12, 2), way_of(2)); }
TEST_CASE("launches as PE programs: dropout and a reach of ten keys") {
  check_programs(test::with_dropout(test::with_reach(skipping(12, 2), 10)), way_of(2));
}
TEST_CASE("launches as PE programs: ALiBi") { check_programs(test::with_biases(skipping(12, 2)), way_of(2)); }
TEST_CASE("launches as PE programs: rotary positions on uneven columns in bf16") {
  TrainingWay way = way_of(3, 4, 8);
  way.mapping = hw::Mapping{{11, 4}, 1};  // of 3, 4 and 4
  way.format = HalfFormat::bf16;
  check_programs(test::with_rotary(skipping(16, 2, 1, 8)), way);
}
TEST_CASE("launches as PE programs: a ragged sequence on each of two lanes") {
  TrainingWay way = way_of(2, 6, 26);
  way.mapping = hw::Mapping{{3, 6}, 2};
  check_programs(test::with_reach(skipping(12, 2, 1, 26), 20), way);
}

TEST_CASE("the same bits and cycles without fast-forward, on threads, cut") {
  test::compare_ways(test::with_dropout(test::with_rotary(skipping(16, 2, 2))), way_of(4, 4));
}

TEST_CASE("beside a training that computes what the mask leaves out: the same losses up to rounding, in less time") {
  sw::TransformerConfig model = skipping(16, 2, 2), whole = model;
  whole.skip_masked = false;
  const test::CountedWords words = test::words_of(model);
  const TrainingWay way = way_of(4, 4);
  GraphTraining skips(sw::transformer_graph(model), words, way), computes(sw::transformer_graph(whole), words, way);
  skips.run();
  computes.run();
  for (int step = 0; step < way.steps; ++step) CHECK(skips.loss(step) == Approx(computes.loss(step)).margin(2e-4));
  CHECK_FALSE(test::same_bits(skips.state(), computes.state()));
  CHECK(test::farthest(skips.parameters(), computes.parameters()) < 1e-3);
  CHECK(skips.ends().back() < computes.ends().back());
}
