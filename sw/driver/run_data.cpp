#include "sw/driver/run_data.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sw/driver/content_crc.h"
#include "sw/driver/run_text.h"
#include "tlm/base/error.h"

namespace weft::sw {

namespace {

namespace fs = std::filesystem;

/// Where the loaders of the published files put MNIST when it is not there.
bool is_fetched_by_its_loader(const std::string& data_dir) {
  const fs::path path = without_split(data_dir);
  return path.is_relative() && (path.filename() == "mnist" || path.filename() == "MNIST" || path.filename() == "tfds");
}

NeededData look_for_pictures(const std::string& section, const DataConfig& data, const RunSettings& settings) {
  NeededData needed;
  needed.section = section;
  needed.part = data.split;
  const std::vector<fs::path> folders = data_folders(data.data_dir, settings.data_root);
  const fs::path own = settings.data_root / "mnist";
  const bool may_stand_in =
      settings.data_dir.empty() && data.data_set.empty() && is_fetched_by_its_loader(data.data_dir);
  const std::optional<fs::path> found = first_there(folders);
  needed.stands_in = !found && may_stand_in;
  needed.folder = found ? *found : needed.stands_in ? own : folders.front();
  try {
    needed.pictures = hw::find_data_files(needed.folder, needed.part, data.data_set);
  } catch (const UsageError& error) {
    const std::string where = settings.data_dir.empty() ? section + ".data_dir" : "--data";
    needed.missing = found ? fmt::format("{}: {}", where, error.what()) : nowhere_text(where, data.data_dir, folders);
    if (may_stand_in && same_place(needed.folder, own)) needed.fetchable = {"mnist", full_path(own)};
  }
  return needed;
}

const DataConfig& config_of(const ModelConfig& config, const NeededData& needed) {
  return needed.section == "train_input" ? config.train_input : config.eval_input;
}

}  // namespace

std::vector<NeededData> needed_data(const ModelConfig& config, const RunSettings& settings) {
  const bool is_sequences = config.train_input.is_sequences();
  if ((!is_sequences && config.train_input.data_processor != "mnist") || settings.timing_only) return {};
  std::vector<NeededData> needed;
  const auto look_for = is_sequences ? look_for_text : look_for_pictures;
  if (config.runconfig.mode != Mode::eval) needed.push_back(look_for("train_input", config.train_input, settings));
  if (config.runconfig.mode != Mode::train) needed.push_back(look_for("eval_input", config.eval_input, settings));
  if (config.train_input.text.tokenizer == TokenizerKind::gpt2)
    needed.push_back(look_for_vocabulary(config.train_input.text, settings));
  return needed;
}

RunData load_data(const ModelConfig& config, const std::vector<NeededData>& needed, const fs::path& start,
                  int vocabulary) {
  std::vector<std::string> missing;
  for (const NeededData& data : needed)
    if (!data.missing.empty()) missing.push_back(data.missing);
  if (!missing.empty()) throw UsageError(fmt::format("{}", fmt::join(missing, "\n")));
  RunData run;
  for (const NeededData& data : needed) {
    if (!data.pictures) continue;
    const DataConfig& from = config_of(config, data);
    (data.section == "train_input" ? run.train : run.eval) =
        hw::load_dataset(*data.pictures, {config.model.input_features(),
                                          config.model.num_classes(),
                                          {from.mean, from.std},
                                          config.model.format,
                                          from.transpose});
  }
  if (run.train.size() > 0)
    run.identity = fmt::format("{} samples ({:08x})", run.train.size(),
                               content_crc(content_crc(0, run.train.samples), run.train.labels));
  if (needed.empty() || !config.train_input.is_sequences()) return run;
  run.text = load_text(config, needed, start, vocabulary);
  const hw::TokenSequences& train = run.text.train;
  if (train.size() > 0)
    run.identity =
        fmt::format("{} sequences of {} tokens ({:08x})", train.size(), train.length,
                    content_crc(content_crc(content_crc(content_crc(0, train.tokens), train.labels), train.segments),
                                train.next_sentences));
  return run;
}

std::int64_t training_samples(const ModelConfig& config, const RunData& data) {
  // Source: the files' own count.
  constexpr std::int64_t mnist_images = 60'000;
  const std::int64_t read = data.train.size() + data.text.train.size();
  if (read > 0) return read;
  const DataConfig& train = config.train_input;
  if (train.data_processor == "mnist") return mnist_images;
  if (train.is_sequences() && config.runconfig.num_epochs > 0 && config.runconfig.steps_per_epoch == 0)
    throw UsageError(
        "runconfig.num_epochs: a run that only times reads no text, so it does not know how long an epoch is; say "
        "max_steps alone, or steps_per_epoch");
  return train.samples;
}

std::int64_t evaluation_samples(const ModelConfig& config, const RunData& data) {
  // Source: the files' own counts.
  constexpr std::int64_t mnist_train_images = 60'000, mnist_test_images = 10'000;
  const std::int64_t read = data.eval.size() + data.text.eval.size();
  const DataConfig& eval = config.eval_input;
  if (read > 0 || config.runconfig.mode == Mode::train) return read;
  if (eval.data_processor == "mnist") return eval.split == hw::DataPart::train ? mnist_train_images : mnist_test_images;
  if (!eval.is_sequences()) return eval.samples;
  if (config.runconfig.eval_steps == 0)
    throw UsageError(
        "runconfig.eval_steps: a run that only times reads no text, so it does not know how many batches an evaluation "
        "has; say how many");
  return config.runconfig.eval_steps * eval.batch_size;
}

}  // namespace weft::sw
