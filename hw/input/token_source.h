#pragma once
// Samples of a job from texts: a token becomes a column of features when it is asked for.
#include "hw/input/ordered_source.h"
#include "hw/input/token_masking.h"
#include "hw/input/token_sequences.h"
#include "tlm/base/half.h"

namespace weft::hw {

/// What a column says of a token: which one it is, and where it stands in its sequence.
struct TokenFeatures {
  int vocabulary = 0, positions = 0;  ///< no positions: it does not say where
  HalfFormat format = HalfFormat::fp16;
  int count() const { return vocabulary + positions; }

  /// The token `ids[p]` at place p of its sequence is a column that is 1 at that id and, where there are positions, at
  /// vocabulary + p, 0 elsewhere; so a matrix product of the columns looks up and adds an embedding of each. `samples`:
  /// [tokens][count()] halves.
  void write(const std::int32_t* ids, int tokens, std::uint16_t* samples) const;
};

/// A token's label is what its sequence has there.
class TokenSource final : public OrderedSource {
 public:
  /// See OrderedSource; a sample is a sequence. `masking`: what is to be predicted is masked. Throws UsageError:
  /// sequences that are not Job::sample_tokens long, or longer than there are positions; an id outside the vocabulary
  /// (which, where).
  TokenSource(const Job& job, TokenSequences train, TokenSequences test, TokenFeatures form, bool shuffle,
              std::uint64_t shuffle_seed, std::optional<DataPosition> from = {},
              std::optional<TokenMasking> masking = {});

  int features() const override { return form_.count(); }

 private:
  void write(const SamplePlace& place, std::uint16_t* samples, std::int32_t* labels) const override;
  std::int64_t unlabelled_of(const SamplePlace& place) const override;
  const TokenSequences& set_of(const SamplePlace& place) const { return place.train ? train_ : test_; }

  int length_;
  TokenSequences train_, test_;
  TokenFeatures form_;
  std::optional<TokenMasking> masking_;
};

}  // namespace weft::hw
