// Question: has a BERT with segments, and with a loss of next sentences beside that of masked tokens, the gradients and
// the training of double precision, and its launches' PE programs the bits and cycles of the wafer?
#include <catch2/catch.hpp>

#include "tests/support/gpt_comparison.h"

using namespace weft;
using test::compare_with_doubles;
using test::small_bert;

namespace {

test::TrainingWay way_of(const sw::TransformerConfig& model, int batch = 6) {
  test::TrainingWay way;
  way.batch = batch;
  way.sample_tokens = model.sequence_length;
  way.steps = 16;
  way.rate = 0.05;
  return way;
}

sw::TransformerConfig with_next_sentences(sw::TransformerConfig model) {
  model.encoder.segments = 2;
  model.encoder.next_sentences = true;
  return model;
}

}  // namespace

TEST_CASE("a BERT of three segments, on two systems in three micro-batches, its sequences padded") {
  sw::TransformerConfig model = small_bert(12, 3);
  model.encoder.padded = true;
  model.encoder.segments = 3;
  test::TrainingWay way = way_of(model, 12);
  way.systems = 2;
  way.micro_batches = 3;
  compare_with_doubles(model, way);
}

TEST_CASE("a BERT of two segments and rotary positions, on two lanes") {
  sw::TransformerConfig model = test::with_rotary(small_bert(16, 2));
  model.encoder.segments = 2;
  test::TrainingWay way = way_of(model);
  way.wishes.lanes = 2;
  compare_with_doubles(model, way);
}

TEST_CASE("a BERT with a loss of next sentences") {
  const sw::TransformerConfig model = with_next_sentences(small_bert(16, 2));
  compare_with_doubles(model, way_of(model));
}

TEST_CASE("a BERT with a loss of next sentences, in bf16, its output the embedding") {
  sw::TransformerConfig model = with_next_sentences(small_bert(16, 2));
  model.tied = true;
  model.bias.output = false;
  test::TrainingWay way = way_of(model);
  way.format = HalfFormat::bf16;
  compare_with_doubles(model, way);
}

TEST_CASE("a BERT with a loss of next sentences, on two systems in three micro-batches, its sequences padded") {
  sw::TransformerConfig model = with_next_sentences(small_bert(12, 3));
  model.encoder.padded = true;
  test::TrainingWay way = way_of(model, 12);
  way.systems = 2;
  way.micro_batches = 3;
  way.loss_scale.initial = 64;
  compare_with_doubles(model, way);
}

TEST_CASE("a BERT with a loss of next sentences, on two lanes of a wafer that is cut, without positions or segments") {
  sw::TransformerConfig model = test::with_rotary(with_next_sentences(small_bert(24, 2)));
  model.encoder.segments = 0;
  model.encoder.pooler_nonlinearity = "GELU";
  test::TrainingWay way = way_of(model);
  way.wishes.lanes = 2;
  way.cut = {2, 2};
  compare_with_doubles(model, way);
}

TEST_CASE("PE programs of a BERT with a loss of next sentences") {
  const sw::TransformerConfig model = with_next_sentences(small_bert(12, 2));
  test::compare_with_programs(model, way_of(model, 2), {hw::KernelKind::attention_softmax});
}

TEST_CASE("ways of simulating a BERT with a loss of next sentences") {
  const sw::TransformerConfig model = with_next_sentences(small_bert(12, 2));
  test::TrainingWay way = way_of(model, 4);
  way.steps = 3;
  way.micro_batches = 2;
  test::compare_ways(model, way);
}
