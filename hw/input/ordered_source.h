#pragma once
// The walk of a job through samples in memory; what a sample is, is the derived source's.
#include <optional>

#include "hw/input/sample_order.h"
#include "hw/input/sample_place.h"
#include "hw/input/sample_source.h"
#include "hw/spec/job.h"

namespace weft::hw {

/// Training batches in the order of SampleOrder, evaluation in the samples' own. A sample is Job::sample_tokens tokens,
/// which stay together: batches, shards and micro-batches are cut between samples.
class OrderedSource : public SampleSource {
 public:
  void fill(int stage, std::int64_t step, int system, int micro_batch, std::uint16_t* samples,
            std::int32_t* labels) final;
  DataPosition after(std::int64_t steps) const final;
  std::int64_t without_label(int stage, std::int64_t step) final;

 protected:
  struct Sizes {
    std::int64_t train = 0, test = 0;  ///< samples
  };

  /// A training stage takes from the training set, an evaluation stage from the test set, from its first sample on; a
  /// batch that goes past its end is padded with padding() and label -1. Training goes on at `from`; none: where
  /// Job::first_step steps of this batch have led. A set that no stage uses may be empty. `job` outlives the source.
  /// Throws UsageError if a micro-batch would cut a sample, or the batch is larger than the training set.
  OrderedSource(const Job& job, Sizes sizes, bool shuffle, std::uint64_t shuffle_seed,
                std::optional<DataPosition> from);

  /// Writes a sample: `samples` [Job::sample_tokens][features()], `labels`
  /// [Job::sample_tokens].
  virtual void write(const SamplePlace& place, std::uint16_t* samples, std::int32_t* labels) const = 0;
  /// Tokens of a sample that have no label.
  virtual std::int64_t unlabelled_of(const SamplePlace& /*place*/) const { return 0; }
  /// Of each 16-bit value.
  virtual std::uint16_t padding() const { return 0; }

 private:
  /// Sample number `place` of a step over all systems; none: the evaluation set has ended.
  std::optional<SamplePlace> sample(int stage, std::int64_t step, int place);

  const Job& job_;
  std::int64_t test_size_;
  std::optional<SampleOrder> order_;
};

}  // namespace weft::hw
