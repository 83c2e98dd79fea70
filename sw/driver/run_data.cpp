#include "sw/driver/run_data.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>

#include "tlm/base/error.h"

namespace weft::sw {

namespace {

namespace fs = std::filesystem;

bool is_split_name(const fs::path& name) {
  return name == "train" || name == "val" || name == "test" || name == "eval" || name == "valid";
}

fs::path without_split(const fs::path& path) { return is_split_name(path.filename()) ? path.parent_path() : path; }

fs::path cleaned(const std::string& data_dir) {
  const char* home = std::getenv("HOME");
  const bool tilde = data_dir == "~" || data_dir.rfind("~/", 0) == 0;
  fs::path path = tilde && home != nullptr ? home + data_dir.substr(1) : data_dir;
  path = path.lexically_normal();
  if (path.filename().empty() && path.has_parent_path()) path = path.parent_path();  // a slash at the end
  return path;
}

fs::path full_path(const fs::path& path) {
  std::error_code none;
  const fs::path full = fs::absolute(path, none).lexically_normal();
  return none ? path : full;
}

bool same_place(const fs::path& a, const fs::path& b) {
  std::error_code none;
  return fs::weakly_canonical(a, none) == fs::weakly_canonical(b, none);
}

/// Where the loaders of the published files put MNIST when it is not there.
bool is_fetched_by_its_loader(const std::string& data_dir) {
  const fs::path path = without_split(cleaned(data_dir));
  return path.is_relative() && (path.filename() == "mnist" || path.filename() == "MNIST" || path.filename() == "tfds");
}

NeededData look_for(const std::string& section, const DataConfig& data, const RunSettings& settings) {
  NeededData needed;
  needed.section = section;
  needed.part = data.split;
  const std::vector<fs::path> folders = data_folders(data.data_dir, settings.data_root);
  const fs::path own = settings.data_root / "mnist";
  const bool may_stand_in =
      settings.data_dir.empty() && data.data_set.empty() && is_fetched_by_its_loader(data.data_dir);
  std::error_code ignored;
  const auto found =
      std::find_if(folders.begin(), folders.end(), [&](const fs::path& path) { return fs::exists(path, ignored); });
  needed.stands_in = found == folders.end() && may_stand_in;
  needed.folder = found != folders.end() ? *found : needed.stands_in ? own : folders.front();
  try {
    needed.files = hw::find_data_files(needed.folder, needed.part, data.data_set);
  } catch (const UsageError& error) {
    const std::string where = settings.data_dir.empty() ? section + ".data_dir" : "--data";
    std::vector<std::string> places;
    for (const fs::path& path : folders) places.push_back(full_path(path).string());
    needed.missing = found == folders.end()
                         ? fmt::format("{}: no folder {}; looked for {}", where, data.data_dir, fmt::join(places, ", "))
                         : fmt::format("{}: {}", where, error.what());
    if (may_stand_in && same_place(needed.folder, own)) needed.fetchable = full_path(own);
  }
  return needed;
}

const DataConfig& config_of(const ModelConfig& config, const NeededData& needed) {
  return needed.section == "train_input" ? config.train_input : config.eval_input;
}

std::string part_word(hw::DataPart part) {
  return part == hw::DataPart::train ? "train" : part == hw::DataPart::val ? "val" : "test";
}

}  // namespace

std::vector<fs::path> data_folders(const std::string& data_dir, const fs::path& data_root) {
  const fs::path path = cleaned(data_dir);
  std::vector<fs::path> folders = {path};
  if (path.is_relative()) {
    const bool names_data = *path.begin() == "data";
    folders.push_back((data_root / (names_data ? path.lexically_relative("data") : path)).lexically_normal());
  }
  const std::size_t whole = folders.size();
  for (std::size_t index = 0; index < whole && is_split_name(path.filename()); ++index)
    folders.push_back(folders[index].parent_path().empty() ? fs::path(".") : folders[index].parent_path());
  std::vector<fs::path> different;
  for (const fs::path& folder : folders)
    if (std::none_of(different.begin(), different.end(),
                     [&](const fs::path& other) { return same_place(folder, other); }))
      different.push_back(folder);
  return different;
}

std::vector<NeededData> needed_data(const ModelConfig& config, const RunSettings& settings) {
  std::vector<NeededData> needed;
  if (config.train_input.data_processor != "mnist" || settings.timing_only) return needed;
  if (config.runconfig.mode != Mode::eval) needed.push_back(look_for("train_input", config.train_input, settings));
  if (config.runconfig.mode != Mode::train) needed.push_back(look_for("eval_input", config.eval_input, settings));
  return needed;
}

std::string needs_text(const std::vector<NeededData>& needed) {
  if (needed.empty()) return "reads no data\n";
  std::string text;
  std::optional<fs::path> fetch;
  for (const NeededData& data : needed) {
    if (data.files)
      text += fmt::format("{}: {}, {}: {}, {}\n", data.section, data.files->data_set, part_word(data.part),
                          full_path(data.files->images).string(), full_path(data.files->labels).string());
    else
      text += fmt::format("{}: missing: {}\n", data.section, data.missing);
    if (data.fetchable) fetch = data.fetchable;
  }
  if (fetch) text += fmt::format("fetch mnist {}\n", fetch->string());
  return text;
}

RunData load_data(const ModelConfig& config, const std::vector<NeededData>& needed) {
  std::vector<std::string> missing;
  for (const NeededData& data : needed)
    if (!data.files) missing.push_back(data.missing);
  if (!missing.empty()) throw UsageError(fmt::format("{}", fmt::join(missing, "\n")));
  RunData run;
  for (const NeededData& data : needed) {
    const DataConfig& from = config_of(config, data);
    (data.section == "train_input" ? run.train : run.eval) = hw::load_dataset(
        *data.files, {config.model.input_features(), config.model.num_classes(), {from.mean, from.std}, from.transpose});
  }
  return run;
}

std::int64_t eval_samples_without_files(const ModelConfig& config) {
  // Source: the files' own counts.
  constexpr std::int64_t mnist_train_images = 60'000, mnist_test_images = 10'000;
  if (config.eval_input.data_processor != "mnist") return config.eval_input.samples;
  return config.eval_input.split == hw::DataPart::train ? mnist_train_images : mnist_test_images;
}

}  // namespace weft::sw
