// Question: are synthetic samples the documented pattern under the documented noise, in order, across batches and
// epochs?
#include "hw/input/synthetic_source.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <vector>

#include "tests/support/fp16.h"

using namespace weft;

namespace {

constexpr int features = 5, classes = 2, tokens = 4;
constexpr std::int64_t samples = 6;
constexpr std::uint64_t seed = 1234567;
/// The first outputs of SplitMix64 for this seed, as published with it (Vigna; also rosettacode.org).
constexpr std::uint64_t drawn[features] = {6457827717110365317U, 3203168211198807973U, 9817491932198370423U,
                                           4593380528125082431U, 16408922859458223821U};

hw::Job job_of(std::vector<hw::Stage> stages) {
  hw::Job job;
  job.batch = tokens;
  job.stages = std::move(stages);
  return job;
}

struct Batch {
  std::vector<std::uint16_t> samples;
  std::vector<std::int32_t> labels;
};

Batch batch_of(const hw::Job& job, int stage, std::int64_t step) {
  Batch batch{std::vector<std::uint16_t>(tokens * features), std::vector<std::int32_t>(tokens)};
  hw::SyntheticSource(job, features, classes, samples, seed)
      .fill(stage, step, 0, 0, batch.samples.data(), batch.labels.data());
  return batch;
}

std::vector<std::uint16_t> sample_in(const Batch& batch, int token) {
  const auto first = batch.samples.begin() + token * features;
  return {first, first + features};
}

}  // namespace

TEST_CASE("the first sample: noise of the generator, and one more where the feature's class is the label") {
  const hw::Job job = job_of({{true, 3}});
  const Batch batch = batch_of(job, 0, 0);
  CHECK(batch.labels == std::vector<std::int32_t>{0, 1, 0, 1});
  for (int feature = 0; feature < features; ++feature) {
    const double noise = static_cast<double>(drawn[feature] >> 40U) / 16777216.0 - 0.5;
    CHECK(batch.samples[static_cast<std::size_t>(feature)] ==
          float_to_half(static_cast<float>(noise + (feature % 2 == 0 ? 1 : 0))));
  }
}

TEST_CASE("every sample has noise of its own, within half of its pattern, and comes again an epoch later") {
  const hw::Job job = job_of({{true, 3}});
  const Batch first = batch_of(job, 0, 0), second = batch_of(job, 0, 1);
  CHECK(second.labels == std::vector<std::int32_t>{0, 1, 0, 1});  // samples 4, 5, 0, 1
  CHECK(sample_in(second, 2) == sample_in(first, 0));
  CHECK(sample_in(second, 3) == sample_in(first, 1));
  CHECK(sample_in(first, 2) != sample_in(first, 0));
  CHECK(sample_in(second, 0) != sample_in(first, 0));
  for (int token = 0; token < tokens; ++token)
    for (int feature = 0; feature < features; ++feature) {
      const float value = half_to_float(first.samples[static_cast<std::size_t>(token * features + feature)]);
      const float pattern = feature % classes == first.labels[static_cast<std::size_t>(token)] ? 1.0F : 0.0F;
      CHECK((value >= pattern - 0.5F && value <= pattern + 0.5F));
    }
}

TEST_CASE("an evaluation sees each sample once, then padding without a label") {
  const hw::Job job = job_of({{true, 3}, {false, 2}});
  const Batch first = batch_of(job, 1, 0), second = batch_of(job, 1, 1);
  CHECK(sample_in(first, 0) == sample_in(batch_of(job, 0, 0), 0));
  CHECK(second.labels == std::vector<std::int32_t>{0, 1, -1, -1});
  CHECK(sample_in(second, 2) == std::vector<std::uint16_t>(features, 0));
}
