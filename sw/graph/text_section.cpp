#include "sw/graph/text_section.h"

namespace weft::sw {

namespace {

constexpr int most_tokens = 1 << 20;

int read_length(YamlSection& section, const TextConfig& defaults) {
  return section.integer("max_sequence_length", {1, most_tokens},
                         defaults.max_sequence_length > 0 ? std::optional(defaults.max_sequence_length) : std::nullopt);
}

}  // namespace

TextConfig read_text_keys(YamlSection& section, const TextConfig& defaults) {
  TextConfig text;
  text.tokenizer = section.choice<TokenizerKind>(
      "tokenizer", {{"characters", TokenizerKind::characters}, {"gpt2", TokenizerKind::gpt2}}, defaults.tokenizer);
  if (text.tokenizer == TokenizerKind::gpt2) {
    text.vocabulary_dir = section.text("vocabulary_dir", defaults.vocabulary_dir);
    if (text.vocabulary_dir.empty())
      section.reject("vocabulary_dir", "must name a folder; without the key it is data/gpt2");
  } else {
    section.not_used("vocabulary_dir", "the characters of the training text are the vocabulary");
  }
  text.max_sequence_length = read_length(section, defaults);
  text.held_out = section.real("held_out", {0, 1}, defaults.held_out);
  text.masked_share =
      section.has("masked_lm_prob") ? section.real("masked_lm_prob", {0.001, 1}) : defaults.masked_share;
  text.most_masked = section.has("max_predictions_per_seq")
                         ? section.integer("max_predictions_per_seq", {1, most_tokens})
                         : defaults.most_masked;
  return text;
}

TextConfig read_sequence_keys(YamlSection& section, const TextConfig& defaults) {
  for (const auto* key : {"tokenizer", "vocabulary_dir", "held_out", "masked_lm_prob", "max_predictions_per_seq"})
    section.not_used(key, "the files hold token ids, and all of them are read");
  TextConfig text;
  text.max_sequence_length = read_length(section, defaults);
  return text;
}

void refuse_text_keys(YamlSection& section) {
  for (const auto* key :
       {"tokenizer", "vocabulary_dir", "max_sequence_length", "held_out", "masked_lm_prob", "max_predictions_per_seq"})
    section.not_used(key, "only data_processor: text and hdf5 have such a key");
}

}  // namespace weft::sw
