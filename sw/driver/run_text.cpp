#include "sw/driver/run_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "sw/driver/sequence_files.h"
#include "sw/text/byte_pair_tokenizer.h"
#include "sw/text/character_tokenizer.h"
#include "sw/text/text_sequences.h"
#include "tlm/base/error.h"

namespace weft::sw {

namespace {

namespace fs = std::filesystem;

const NeededData* find(const std::vector<NeededData>& needed, NeededData::Kind kind, const std::string& section) {
  const auto found = std::find_if(needed.begin(), needed.end(),
                                  [&](const NeededData& data) { return data.kind == kind && data.section == section; });
  return found == needed.end() ? nullptr : &*found;
}

/// Looks for `data_dir`, and for files in it by `files_in`. `own_name`: the folder that can be fetched; empty: none.
template <typename FilesIn>
NeededData look_for(NeededData needed, const std::string& key, const std::string& data_dir, const RunSettings& settings,
                    const std::string& own_name, FilesIn&& files_in) {
  const fs::path own = settings.data_root / own_name;
  const std::vector<fs::path> folders = data_folders(data_dir, settings.data_root);
  const std::optional<fs::path> found = first_there(folders);
  needed.folder = found ? *found : folders.front();
  try {
    needed.files = files_in(needed.folder);
  } catch (const UsageError& error) {
    needed.missing = found ? fmt::format("{}: {}", key, error.what())
                           : fmt::format("{} ({})", nowhere_text(key, data_dir, folders), error.what());
    const auto is_own = [&own](const fs::path& folder) { return same_place(folder, own); };
    if (!own_name.empty() && std::any_of(folders.begin(), folders.end(), is_own) && (!found || is_own(*found)))
      needed.fetchable = {own_name, full_path(own)};
  }
  return needed;
}

/// `besides`: ids behind the tokenizer's, the first of what is shown in place of a masked token, then of two that stand
/// about sentences.
void require_place(const Tokenizer& tokenizer, int besides, int vocabulary) {
  if (tokenizer.size() + besides <= vocabulary) return;
  if (besides > 1 && tokenizer.size() <= vocabulary)
    throw UsageError(fmt::format(
        "train_input.tokenizer: {} different tokens, the model tells {} apart (model.vocab_size): a loss of "
        "next sentences needs {} behind them, of masked tokens, [CLS] and [SEP]; allowed: from {}, or "
        "model.disable_nsp: true",
        tokenizer.size(), vocabulary, besides, tokenizer.size() + besides));
  if (tokenizer.size() == vocabulary)
    throw UsageError(
        fmt::format("train_input.tokenizer: {} different tokens, the model tells {} apart (model.vocab_size): what is "
                    "shown in place of a masked token has no place there",
                    tokenizer.size(), vocabulary));
  constexpr std::int32_t most_shown = 8;
  std::string shown;
  for (std::int32_t id = vocabulary; id < std::min(tokenizer.size(), vocabulary + most_shown); ++id)
    shown += fmt::format("{}{}", shown.empty() ? "" : " ", tokenizer.shown(id));
  throw UsageError(fmt::format(
      "train_input.tokenizer: {} different tokens, the model tells {} apart (model.vocab_size): {} to {} have no place "
      "there ({}{})",
      tokenizer.size(), vocabulary, vocabulary, tokenizer.size() - 1, shown,
      tokenizer.size() - vocabulary > most_shown ? " ..." : ""));
}

/// A section's part of a row, and what is to be said of it.
hw::TokenSequences part_of(const TokenIds& row, const std::string& section, const DataConfig& data, bool pairs,
                           std::vector<std::string>& notes) {
  const int length = data.text.max_sequence_length - (pairs ? hw::tokens_about_sentences : 0);
  const std::int64_t tokens = static_cast<std::int64_t>(row.size()), all = whole_sequences(tokens, length);
  if (all == 0)
    throw UsageError(fmt::format("{}.max_sequence_length: {} tokens{} and the one behind them; the text has {}",
                                 section, length, pairs ? " of two sentences" : "", tokens));
  const std::int64_t held_out = held_out_sequences(all, data.text.held_out);
  const bool trains = data.split == hw::DataPart::train;
  const std::int64_t first = trains ? 0 : all - held_out, last = trains ? all - held_out : all;
  if (first == last)
    throw UsageError(fmt::format("{}.held_out: {} of the text's {} sequences are held out, and {} has none", section,
                                 held_out, all, trains ? "split: train" : "the evaluation"));
  const std::int64_t left = tokens - 1 - all * length;
  notes.push_back(fmt::format("{}: {} sequences of {} tokens{}, of {} in a text of {} tokens{}", section, last - first,
                              length, pairs ? " and three about two sentences" : "", all, tokens,
                              left > 0 ? fmt::format("; its last {} are left out", left) : ""));
  return data.text.masked ? masked_sequences_of(row, length, first, last) : sequences_of(row, length, first, last);
}

}  // namespace

NeededData look_for_text(const std::string& section, const DataConfig& data, const RunSettings& settings) {
  NeededData needed;
  needed.section = section;
  needed.kind = NeededData::Kind::text;
  needed.part = data.split;
  const bool is_text = data.data_processor == "text";
  return look_for(std::move(needed), settings.data_dir.empty() ? section + ".data_dir" : "--data", data.data_dir,
                  settings, is_text ? "text" : "",
                  [&](const fs::path& place) { return files_ending_in(is_text ? ".txt" : ".h5", place); });
}

NeededData look_for_vocabulary(const TextConfig& text, const RunSettings& settings) {
  NeededData needed;
  needed.section = "train_input";
  needed.kind = NeededData::Kind::vocabulary;
  return look_for(std::move(needed), "train_input.vocabulary_dir", text.vocabulary_dir, settings, "gpt2",
                  [](const fs::path& folder) {
                    std::vector<fs::path> files = {folder / "encoder.json", folder / "vocab.bpe"};
                    std::error_code ignored;
                    for (const fs::path& file : files)
                      if (!fs::is_regular_file(file, ignored))
                        throw UsageError(fmt::format("{}: no such file", file.string()));
                    return files;
                  });
}

std::unique_ptr<Tokenizer> run_tokenizer(const TextConfig& text, const std::vector<NeededData>& needed,
                                         const fs::path& start) {
  if (text.tokenizer == TokenizerKind::gpt2) {
    const std::vector<fs::path>& files = find(needed, NeededData::Kind::vocabulary, "train_input")->files;
    return std::make_unique<BytePairTokenizer>(files.at(0), files.at(1));
  }
  if (start.empty()) {
    const NeededData* training_text = find(needed, NeededData::Kind::text, "train_input");
    if (!training_text)
      throw UsageError("whose weights? An evaluation of a text needs the characters that they know: --checkpoint_path");
    return std::make_unique<CharacterTokenizer>(read_texts(training_text->files));
  }
  const fs::path file = start.parent_path() / vocabulary_file;
  std::error_code ignored;
  if (!fs::exists(start, ignored)) throw UsageError(fmt::format("{}: no such file", start.string()));
  if (!fs::exists(file, ignored))
    throw UsageError(
        fmt::format("{}: no {} beside it, which says what characters its tokens are; a run on a text leaves one in "
                    "its folder",
                    start.string(), vocabulary_file));
  return std::make_unique<CharacterTokenizer>(read_whole_file(file), file.string());
}

namespace {

/// The data say where a sequence's padding begins, and no token attends to it.
bool is_padded(const ModelConfig& config) {
  const TransformerConfig* model = config.model.transformer();
  return model && model->encoder.padded;
}

int segments_of(const ModelConfig& config) {
  const TransformerConfig* model = config.model.transformer();
  return model ? model->encoder.segments : 0;
}

bool has_next_sentences(const ModelConfig& config) {
  const TransformerConfig* model = config.model.transformer();
  return model && model->encoder.next_sentences;
}

void note_one_segment(const ModelConfig& config, const std::string& section, const hw::TokenSequences& sequences,
                      std::vector<std::string>& notes) {
  if (segments_of(config) > 0 && sequences.segments.empty())
    notes.push_back(fmt::format("{}: all tokens are in segment 0 of {}", section, segments_of(config)));
}

RunText load_sequences(const ModelConfig& config, const std::vector<NeededData>& needed) {
  RunText run;
  for (const NeededData& files : needed) {
    const bool trains = files.section == "train_input";
    const int length = (trains ? config.train_input : config.eval_input).text.max_sequence_length;
    SequenceFiles read = read_sequence_files(files.files, length, is_padded(config) ? MaskOf::attention : MaskOf::loss,
                                             {segments_of(config) > 0, has_next_sentences(config)});
    run.notes.push_back(fmt::format("{}: {} sequences of {} tokens", files.section, read.sequences.size(), length));
    note_one_segment(config, files.section, read.sequences, run.notes);
    if (read.masked > 0)
      run.notes.push_back(
          fmt::format("{}: {} of {} tokens have no label: means of loss, accuracy and gradients are over the others",
                      files.section, read.masked, read.sequences.tokens.size()));
    if (read.masked == static_cast<std::int64_t>(read.sequences.tokens.size()))
      throw UsageError(fmt::format("{}: none of {} tokens has a label", files.section, read.masked));
    (trains ? run.train : run.eval) = std::move(read.sequences);
  }
  return run;
}

}  // namespace

RunText load_text(const ModelConfig& config, const std::vector<NeededData>& needed, const fs::path& start,
                  int vocabulary) {
  if (config.train_input.data_processor == "hdf5") return load_sequences(config, needed);
  const std::unique_ptr<Tokenizer> tokenizer = run_tokenizer(config.train_input.text, needed, start);
  const TextConfig& text_keys = config.train_input.text;
  const bool pairs = has_next_sentences(config);
  require_place(*tokenizer, pairs ? 3 : text_keys.masked ? 1 : 0, vocabulary);
  RunText run;
  run.vocabulary = tokenizer->json();
  if (text_keys.masked)
    run.masking = hw::TokenMasking{text_keys.masked_share, text_keys.most_masked, tokenizer->size(), tokenizer->size(),
                                   config.train_input.shuffle_seed};
  if (pairs)
    run.pairs = hw::SentencePairs{tokenizer->size() + 1, tokenizer->size() + 2, config.train_input.shuffle_seed};
  std::vector<fs::path> last;
  TokenIds row;
  for (const auto& [section, data, part] :
       {std::tuple("train_input", &config.train_input, &run.train), {"eval_input", &config.eval_input, &run.eval}}) {
    const NeededData* text = find(needed, NeededData::Kind::text, section);
    if (!text) continue;
    if (text->files != last) row = row_of(read_texts(text->files), *tokenizer);
    last = text->files;
    *part = part_of(row, section, *data, pairs, run.notes);
    if (!pairs) note_one_segment(config, section, *part, run.notes);
  }
  run.notes.push_back(fmt::format("{} tokens in the vocabulary", tokenizer->size()));
  return run;
}

}  // namespace weft::sw
