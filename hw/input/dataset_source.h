#pragma once
// Samples of a job from data sets in memory: training batches in the order of SampleOrder, evaluation in file order.
#include <optional>

#include "hw/input/dataset.h"
#include "hw/input/sample_order.h"
#include "hw/input/sample_source.h"
#include "hw/spec/job.h"

namespace weft::hw {

class DatasetSource final : public SampleSource {
 public:
  /// A training stage takes from `train`, an evaluation stage from `test`, from its first sample on; a batch that goes
  /// past the end of `test` is padded with zeros and label -1. Training goes on at `from`; none: where Job::first_step
  /// steps of this batch have led. A data set that no stage uses may be empty. `job` outlives the source.
  /// Throws UsageError if the batch is larger than the training set.
  DatasetSource(const Job& job, Dataset train, Dataset test, bool shuffle, std::uint64_t shuffle_seed,
                std::optional<DataPosition> from = {});

  int features() const override { return features_; }
  void fill(int stage, std::int64_t step, int system, int micro_batch, std::uint16_t* samples,
            std::int32_t* labels) override;
  DataPosition after(std::int64_t steps) const override;

 private:
  const Job& job_;
  Dataset train_, test_;
  int features_;
  std::optional<SampleOrder> order_;
};

}  // namespace weft::hw
