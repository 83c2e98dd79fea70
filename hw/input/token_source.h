#pragma once
// Samples of a job from texts: a token is its ids, or of a network without a table a column of features.
#include "hw/input/ordered_source.h"
#include "hw/input/sentence_pairs.h"
#include "hw/input/token_masking.h"
#include "hw/input/token_sequences.h"
#include "tlm/base/half.h"

namespace weft::hw {

/// What is said of a token: its id in the vocabulary, then, where there are positions, its place in its sequence, then,
/// where there are segments, which of them it is in, then, of a loss of next sentences, the label, of a sample's first.
struct TokenForm {
  int vocabulary = 0, positions = 0;
  /// Of a network whose first layer is no table: a half that is 1 for the id, then one for the place, among 0 for each
  /// other.
  std::optional<HalfFormat> columns = {};
  int segments = 0;  ///< of a network with a table of them
  bool next_sentences = false;

  int count() const {
    if (columns) return vocabulary + positions;
    return 1 + (positions > 0 ? 1 : 0) + (segments > 0 ? 1 : 0) + (next_sentences ? 1 : 0);
  }
  /// Of a token that is none.
  std::uint16_t padding() const { return columns ? 0 : no_id; }
  struct Sentences {
    const std::int32_t* segments = nullptr;  ///< [tokens]; null: all are in segment 0
    std::int32_t label = 0;                  ///< TokenSequences::next_sentences
  };
  /// `samples`: [tokens][count()], 16 bits each.
  void write(const std::int32_t* ids, int tokens, std::uint16_t* samples, Sentences sentences) const;
  void write(const std::int32_t* ids, int tokens, std::uint16_t* samples) const { write(ids, tokens, samples, {}); }
};

/// A token's label is what its sequence has there.
class TokenSource final : public OrderedSource {
 public:
  /// See OrderedSource; a sample is a sequence, or, with `pairs`, two pieces of them. `masking`: what is to be
  /// predicted is masked; pairs have it. Throws UsageError: sequences that are not Job::sample_tokens long (with the
  /// tokens about them), one alone to be paired, or longer than there are positions; an id outside the vocabulary, a
  /// segment outside the table (which, where).
  TokenSource(const Job& job, TokenSequences train, TokenSequences test, TokenForm form, bool shuffle,
              std::uint64_t shuffle_seed, std::optional<DataPosition> from = {},
              std::optional<TokenMasking> masking = {}, std::optional<SentencePairs> pairs = {});

  int features() const override { return form_.count(); }

 private:
  void write(const SamplePlace& place, std::uint16_t* samples, std::int32_t* labels) const override;
  std::int64_t unlabelled_of(const SamplePlace& place) const override;
  std::uint16_t padding() const override { return form_.padding(); }
  void write_pair(const SamplePlace& place, std::uint16_t* samples, std::int32_t* labels) const;
  /// Of a sequence in memory.
  int length() const { return length_ - (pairs_ ? tokens_about_sentences : 0); }
  const TokenSequences& set_of(const SamplePlace& place) const { return place.train ? train_ : test_; }

  int length_;
  TokenSequences train_, test_;
  TokenForm form_;
  std::optional<TokenMasking> masking_;
  std::optional<SentencePairs> pairs_;
};

}  // namespace weft::hw
