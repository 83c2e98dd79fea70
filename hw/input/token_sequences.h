#pragma once
// Sequences of token ids in memory, all of one length, each token with the one that follows it.
#include <cstdint>
#include <vector>

namespace weft::hw {

/// In place of a label where nothing is to be predicted: the token counts nowhere.
constexpr std::int32_t unlabelled = -1;
/// In place of an id on the way to the wafer where there is none.
constexpr std::uint16_t no_id = 0xffff;

struct TokenSequences {
  int length = 0;                    ///< tokens of a sequence
  std::vector<std::int32_t> tokens;  ///< [size][length]
  std::vector<std::int32_t> labels;  ///< [size][length]: what is to be predicted there, or `unlabelled`

  std::vector<std::int32_t> segments = {};  ///< [size][length]: a token's segment (token type); none: 0 everywhere
  /// [size]: does the second sentence follow the first, 0, or not, 1; none: nobody asks, or they are made as asked for.
  std::vector<std::int32_t> next_sentences = {};
  std::vector<std::int32_t> lengths = {};  ///< [size] tokens without a sequence's padding; none: no sequence has any

  std::int64_t size() const { return length == 0 ? 0 : static_cast<std::int64_t>(tokens.size()) / length; }
};

}  // namespace weft::hw
