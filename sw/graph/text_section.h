#pragma once
// The keys of train_input and eval_input that say how a text becomes tokens and sequences.
#include <string>

#include "tlm/base/yaml_reader.h"

namespace weft::sw {

enum class TokenizerKind { characters, gpt2 };

struct TextConfig {
  TokenizerKind tokenizer = TokenizerKind::characters;
  std::string vocabulary_dir = "data/gpt2";  ///< gpt2: folder of encoder.json and vocab.bpe
  int max_sequence_length = 0;               ///< tokens of a sequence; 0: the samples are no sequences
  double held_out = 0.1;                     ///< the share of the sequences, at the text's end, that split: test has
  bool masked = false;                       ///< the model predicts tokens that are masked, else the next one
  double masked_share = 0.15;                ///< of a sequence
  int most_masked = 0;                       ///< tokens of a sequence; 0: no bound
};

/// For text: tokenizer, vocabulary_dir, max_sequence_length (it must be written unless `defaults` has one), held_out,
/// masked_lm_prob, max_predictions_per_seq.
TextConfig read_text_keys(YamlSection& section, const TextConfig& defaults);

/// For sequences that were tokenized before: max_sequence_length alone.
TextConfig read_sequence_keys(YamlSection& section, const TextConfig& defaults);

/// Errors for those of them that are written where the samples are no text.
void refuse_text_keys(YamlSection& section);

}  // namespace weft::sw
