#pragma once
// How a micro-batch's samples are cut on their way to a system: a chunk holds those of some columns of PEs, the same
// columns of every lane, so that all channels work on it.
#include <vector>

#include "tlm/base/units.h"

namespace weft::hw {

struct TokenRange {
  int first = 0, count = 0;
};

struct SampleChunk {
  int first_column = 0, columns = 0;  ///< of each lane that has so many
  std::vector<TokenRange> tokens;     ///< of the micro-batch, lane by lane
  int all_tokens = 0;
};

/// On the wire: the chunk's samples, fp16 [tokens][features], then their labels, int32.
struct SampleChunks {
  int features = 0;
  std::vector<SampleChunk> chunks;

  Bytes bytes(const SampleChunk& chunk) const {
    constexpr Bytes value = 2, label = 4;
    return chunk.all_tokens * (features * value + label);
  }
};

}  // namespace weft::hw
