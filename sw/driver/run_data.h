#pragma once
// The data sets that a run reads: which, where they are looked for, what is missing. The launcher asks here
// (`--what_it_needs`), so that what it fetches is what the program finds.
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "hw/input/dataset.h"
#include "sw/driver/run_settings.h"

namespace weft::sw {

/// What one section of the model file asks for.
struct NeededData {
  std::string section;  ///< train_input, eval_input
  hw::DataPart part = hw::DataPart::train;
  std::filesystem::path folder;                    ///< the first that is there of data_folders(), else the first
  bool stands_in = false;                          ///< `folder` is MNIST's own, not the one that the model names
  std::optional<hw::DataFiles> files;              ///< none: see `missing`
  std::string missing;                             ///< the error, with the section's key
  std::optional<std::filesystem::path> fetchable;  ///< MNIST put here would be found
};

/// Where a data_dir is looked for, in this order. An absolute path: there. A relative one: from the working directory;
/// in the data folder (RunSettings::data_root; a leading "data/" stands for it). "~" is HOME. Where the last name is
/// that of a split (data/mnist/train, as published files have it) and is not there, its parent is meant.
std::vector<std::filesystem::path> data_folders(const std::string& data_dir, const std::filesystem::path& data_root);

/// Of every data set that this run reads; empty for synthetic samples and for a run that only times. A folder called
/// mnist or tfds, to which the published files' loaders fetch MNIST, that is nowhere there: MNIST in the data folder
/// stands in. Never throws for what is missing.
std::vector<NeededData> needed_data(const ModelConfig& config, const RunSettings& settings);

/// --what_it_needs: a line for each data set, with absolute paths; then "fetch mnist FOLDER" where MNIST is what is
/// missing. One line where nothing is read.
std::string needs_text(const std::vector<NeededData>& needed);

struct RunData {
  hw::Dataset train, eval;  ///< empty where no stage uses it
};

/// Reads them. Throws UsageError for all that are missing at once, and as hw::load_dataset() does.
RunData load_data(const ModelConfig& config, const std::vector<NeededData>& needed);

/// Samples of the evaluation set, of which a run that only times reads nothing: MNIST's own count, or as many as are
/// made up.
std::int64_t eval_samples_without_files(const ModelConfig& config);

}  // namespace weft::sw
