#pragma once
// Numbers that follow from a sample's place alone.
#include <cstdint>

#include "hw/input/sample_place.h"
#include "tlm/base/split_mix.h"

namespace weft::hw {

/// The k-th number is SplitMix64's of key + k gamma, where the key comes of seed, what is drawn, set, epoch and sample.
class DrawnByPlace {
 public:
  /// `what`: 1 masks, 2 pairs of sentences.
  DrawnByPlace(std::uint64_t seed, std::uint64_t what, const SamplePlace& place)
      : state_(split_mix(seed + what * split_mix_gamma)) {
    state_ = split_mix(state_ + 2 * static_cast<std::uint64_t>(place.epoch) + (place.train ? 0 : 1));
    state_ = split_mix(state_ + static_cast<std::uint64_t>(place.index));
  }
  /// 0 to bound - 1. Precondition: bound > 0.
  std::int64_t below(std::int64_t bound) {
    return static_cast<std::int64_t>(
        split_mix_below(split_mix(state_ += split_mix_gamma), static_cast<std::uint64_t>(bound)));
  }

 private:
  std::uint64_t state_;
};

}  // namespace weft::hw
