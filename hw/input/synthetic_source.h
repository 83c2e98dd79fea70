#pragma once
// Samples that are computed, not read: a class's pattern under noise. For networks of any width.
#include "hw/input/sample_source.h"
#include "hw/spec/job.h"

namespace weft::hw {

/// Sample i of `samples` has label i mod `classes`; feature f is noise of [-1/2, 1/2), plus one where
/// f mod `classes` is the label. Training runs through them in order, again and again; an evaluation stage once from
/// the first on, padded as SampleSource says. A function of place and `seed` alone.
class SyntheticSource final : public SampleSource {
 public:
  /// `job` outlives the source.
  SyntheticSource(const Job& job, int features, int classes, std::int64_t samples, std::uint64_t seed)
      : job_(job), features_(features), classes_(classes), samples_(samples), seed_(seed) {}

  int features() const override { return features_; }
  void fill(int stage, std::int64_t step, int system, int micro_batch, std::uint16_t* samples,
            std::int32_t* labels) override;

 private:
  const Job& job_;
  int features_, classes_;
  std::int64_t samples_;
  std::uint64_t seed_;
};

}  // namespace weft::hw
