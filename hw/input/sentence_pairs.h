#pragma once
// Which two pieces of a text are the sentences of a sample, and how they stand in it.
#include <cstdint>
#include <vector>

#include "hw/input/sample_place.h"
#include "hw/spec/sentence_tokens.h"

namespace weft::hw {

/// A sample is [CLS] A [SEP] B [SEP]. A set's text is cut into parts of as many tokens as A and B have together; A is
/// the begin of the sample's own part, of one token to all but one. In half of the samples B is the rest of it, in the
/// others what another part has in that place. (Source: BERT, 2018, which cuts documents at sentences.)
///
/// The k-th number of a sample is SplitMix64's of key + k gamma, where the key comes of seed, set, epoch and sample:
/// other pairs each epoch, the same for any batch, number of systems and resume. Three are drawn: A's tokens, whether B
/// follows, the other part.
struct SentencePairs {
  std::int32_t classify = 0;   ///< [CLS], an id that no text has
  std::int32_t separator = 0;  ///< [SEP]
  std::uint64_t seed = 0;

  struct Pair {
    int tokens = 0;           ///< of A
    std::int64_t second = 0;  ///< the part that B is the end of
    bool follows = true;
  };
  /// Of a set of `parts` parts of `length` tokens, two at least of each.
  Pair drawn(const SamplePlace& place, int length, std::int64_t parts) const;
  /// From A and B one behind the other to a sample: `of_classify`, A, `of_separator`, B, `of_separator`.
  static std::vector<std::int32_t> around(const std::vector<std::int32_t>& body, int tokens, std::int32_t of_classify,
                                          std::int32_t of_separator);
};

}  // namespace weft::hw
