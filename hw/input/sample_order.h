#pragma once
// Which sample is the n-th of a run.
#include <cstdint>
#include <vector>

#include "hw/input/sample_walk.h"

namespace weft::hw {

/// Batches as SampleWalk takes them. Without shuffling an epoch runs through the samples in order. With it, epoch e is
/// the permutation by a Fisher-Yates shuffle whose numbers are those of SplitMix64 seeded with (first number of
/// SplitMix64 seeded with `seed`) + e: the same on every platform, for any number of systems, and after a resume.
class SampleOrder {
 public:
  /// Batch 0 begins at `from`. Preconditions: as for SampleWalk.
  SampleOrder(std::int64_t size, int batch, bool shuffle, std::uint64_t seed, DataPosition from = {});

  const SampleWalk& walk() const { return walk_; }
  /// Index of the sample at place `place` (0 to batch - 1) of batch `step` (from 0, over all epochs).
  std::int64_t index(std::int64_t step, int place);

 private:
  void permute(std::int64_t epoch);

  std::int64_t size_;
  SampleWalk walk_;
  bool shuffle_;
  std::uint64_t seed_;
  std::int64_t epoch_ = -1;
  std::vector<std::int64_t> permutation_;
};

}  // namespace weft::hw
