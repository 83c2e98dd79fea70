#pragma once
// Samples of a job from data sets in memory, a token each.
#include "hw/input/dataset.h"
#include "hw/input/ordered_source.h"

namespace weft::hw {

class DatasetSource final : public OrderedSource {
 public:
  /// See OrderedSource.
  DatasetSource(const Job& job, Dataset train, Dataset test, bool shuffle, std::uint64_t shuffle_seed,
                std::optional<DataPosition> from = {});

  int features() const override { return features_; }

 private:
  void write(const SamplePlace& place, std::uint16_t* samples, std::int32_t* labels) const override;

  Dataset train_, test_;
  int features_;
};

}  // namespace weft::hw
