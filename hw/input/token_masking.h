#pragma once
// Which tokens of a sequence a model that attends to both sides shall predict, and what it is shown in their place.
#include <cstdint>
#include <vector>

#include "hw/input/sample_place.h"

namespace weft::hw {

/// Of each sequence `share` of the tokens are chosen, rounded (halves to even), at least one and at most `most` (0: no
/// bound). A chosen token keeps its label and is shown as `mask` in 8 of 10 cases, as itself in one, as any word in
/// one; the others lose their label. (Source: BERT, 2018; Model Zoo, create_masked_lm_predictions.)
///
/// The k-th number of a sequence is SplitMix64's of key + k gamma, where the key comes of seed, set, epoch and sample:
/// another choice each epoch, the same for any batch, number of systems and resume. Of the i-th chosen token three are
/// drawn: its place among those not chosen yet, one of ten cases, the word.
struct TokenMasking {
  double share = 0.15;
  int most = 0;
  std::int32_t mask = 0;   ///< an id that no text has
  std::int32_t words = 1;  ///< ids 0 to words - 1
  std::uint64_t seed = 0;

  /// Of a sequence's tokens.
  int chosen(int length) const;
  /// `tokens` and `labels` [length]; a label that is not chosen becomes `unlabelled`.
  void apply(const SamplePlace& place, int length, std::int32_t* tokens, std::int32_t* labels) const;
};

}  // namespace weft::hw
