#pragma once
// Which sample of a run.
#include <cstdint>

namespace weft::hw {

struct SamplePlace {
  bool train = true;
  std::int64_t epoch = 0;  ///< of training
  std::int64_t index = 0;  ///< in its set
};

}  // namespace weft::hw
