#pragma once
// Where a training stands in its data, in samples: what a batch of any size can go on from.
#include <cstdint>

namespace weft::hw {

/// The next sample of training: `sample` counts in the order of epoch `epoch`, both from 0. `sample` may be the data
/// set's size less what an epoch leaves over, or the size itself: then a batch that does not fit opens the next epoch.
struct DataPosition {
  std::int64_t epoch = 0, sample = 0;
};

inline bool operator==(const DataPosition& a, const DataPosition& b) {
  return a.epoch == b.epoch && a.sample == b.sample;
}

}  // namespace weft::hw
