#pragma once
// The text that a run reads, and the tokenizer that its weights know.
#include <memory>
#include <optional>

#include "hw/input/token_masking.h"
#include "hw/input/token_source.h"
#include "sw/driver/needed_data.h"
#include "sw/text/tokenizer.h"

namespace weft::sw {

/// In the folder of a run whose tokens are characters: which ones (CharacterTokenizer::json()).
inline constexpr const char* vocabulary_file = "vocabulary.json";

/// The files of a section's text or sequences; fetchable: a text in the data folder's own folder `text`.
NeededData look_for_text(const std::string& section, const DataConfig& data, const RunSettings& settings);

/// encoder.json and vocab.bpe of vocabulary_dir; fetchable: in the data folder's own folder `gpt2`.
NeededData look_for_vocabulary(const TextConfig& text, const RunSettings& settings);

/// Of a run that goes on from the checkpoint `start` (empty: from the training text of `needed`): what the weights were
/// trained with. Characters are those of vocabulary_file beside the checkpoint.
/// Throws UsageError: there is none beside it; the files of GPT-2's vocabulary cannot be used.
std::unique_ptr<Tokenizer> run_tokenizer(const TextConfig& text, const std::vector<NeededData>& needed,
                                         const std::filesystem::path& start);

struct RunText {
  hw::TokenSequences train, eval;           ///< empty where no stage uses it
  std::optional<hw::TokenMasking> masking;  ///< of a model that predicts masked tokens: as the data do not say which
  std::optional<hw::SentencePairs> pairs;   ///< of one with a loss of next sentences, the same
  std::string vocabulary;                   ///< what vocabulary_file is to hold; empty: the model file says it
  std::vector<std::string> notes;           ///< how much text there is, and what is left over
};

/// Reads, tokenizes and cuts it, or reads the sequences. `vocabulary`: how many tokens the model tells apart.
/// Precondition: nothing of `needed` is missing. Throws UsageError: a text that is empty or no UTF-8; a character
/// without an id; more ids than the model has; no whole sequence for a section; as read_sequence_files().
RunText load_text(const ModelConfig& config, const std::vector<NeededData>& needed, const std::filesystem::path& start,
                  int vocabulary);

/// What the samples say of the tokens of a model with these layers.
inline hw::TokenForm token_form(const ModelConfig& config, const std::vector<hw::MatrixLayer>& layers) {
  if (const TransformerConfig* model = config.model.transformer())
    return {model->vocab_size,
            model->learned_positions() ? model->max_position_embeddings : 0,
            {},
            model->encoder.segments,
            model->encoder.next_sentences};
  const int classes = layers.back().outputs;
  return {classes, layers.front().inputs - classes, config.model.format};
}

}  // namespace weft::sw
