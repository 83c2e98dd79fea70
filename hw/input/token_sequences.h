#pragma once
// Sequences of token ids in memory, all of one length, each token with the one that follows it.
#include <cstdint>
#include <vector>

namespace weft::hw {

struct TokenSequences {
  int length = 0;                    ///< tokens of a sequence
  std::vector<std::int32_t> tokens;  ///< [size][length]
  std::vector<std::int32_t> labels;  ///< [size][length]: what is to be predicted there

  std::int64_t size() const { return length == 0 ? 0 : static_cast<std::int64_t>(tokens.size()) / length; }
};

}  // namespace weft::hw
