#pragma once
// Samples that are computed, not read: a class's pattern under noise. For networks of any width.
#include <optional>

#include "hw/input/sample_source.h"
#include "hw/spec/job.h"

namespace weft::hw {

/// Sample i of `samples` has label i mod `classes`; feature f is noise of [-1/2, 1/2), plus one where
/// f mod `classes` is the label. Training runs through them in order, again and again, a batch from one
/// epoch into the next; an evaluation stage once from the first on, padded as SampleSource says. A function of place
/// and `seed` alone.
class SyntheticSource final : public SampleSource {
 public:
  /// Training goes on at `from`; none: where Job::first_step steps of this batch have led. `job` outlives the source.
  SyntheticSource(const Job& job, int features, int classes, std::int64_t samples, std::uint64_t seed,
                  std::optional<DataPosition> from = {})
      : job_(job),
        features_(features),
        classes_(classes),
        samples_(samples),
        seed_(seed),
        first_(from ? from->epoch * samples + from->sample : job.first_step * job.batch) {}

  int features() const override { return features_; }
  void fill(int stage, std::int64_t step, int system, int micro_batch, std::uint16_t* samples,
            std::int32_t* labels) override;
  DataPosition after(std::int64_t steps) const override {
    const std::int64_t next = first_ + steps * job_.batch;
    return {next / samples_, next % samples_};
  }

 private:
  const Job& job_;
  int features_, classes_;
  std::int64_t samples_;
  std::uint64_t seed_;
  std::int64_t first_;  ///< samples trained before this run
};

}  // namespace weft::hw
