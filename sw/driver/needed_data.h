#pragma once
// What a run reads and where it was looked for. The launcher asks for it (`--what_it_needs`), so that what it fetches
// is what the program finds.
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "hw/input/data_files.h"
#include "sw/driver/run_settings.h"

namespace weft::sw {

/// What the launcher can put into a folder of the data folder: mnist, text, gpt2.
struct FetchableData {
  std::string what;
  std::filesystem::path folder;
};

/// What one section of the model file asks for: pictures, a text, or a tokenizer's vocabulary.
struct NeededData {
  enum class Kind { pictures, text, vocabulary };

  std::string section;  ///< train_input, eval_input
  Kind kind = Kind::pictures;
  hw::DataPart part = hw::DataPart::train;
  std::filesystem::path folder;              ///< the first that is there of data_folders(), else the first
  bool stands_in = false;                    ///< `folder` is MNIST's own, not the one that the model names
  std::optional<hw::DataFiles> pictures;     ///< if `missing` is empty
  std::vector<std::filesystem::path> files;  ///< the same: the text's, in order; encoder.json and vocab.bpe
  std::string missing;                       ///< the error, with the section's key; empty: all is there
  std::optional<FetchableData> fetchable;    ///< put there it would be found
};

/// Where a data_dir is looked for, in this order. An absolute path: there. A relative one: from the working directory;
/// in the data folder (RunSettings::data_root; a leading "data/" stands for it). "~" is HOME. Where the last name is
/// that of a split (data/mnist/train, as published files have it) and is not there, its parent is meant.
std::vector<std::filesystem::path> data_folders(const std::string& data_dir, const std::filesystem::path& data_root);

/// `data_dir` without the name of a split at its end.
std::filesystem::path without_split(const std::string& data_dir);

/// The first of data_folders() that is there; none: none is.
std::optional<std::filesystem::path> first_there(const std::vector<std::filesystem::path>& folders);

/// Two names of one place, there or not.
bool same_place(const std::filesystem::path& a, const std::filesystem::path& b);

std::filesystem::path full_path(const std::filesystem::path& path);

/// "train_input.data_dir: no folder data/x; looked for /a/data/x, /b/x"
std::string nowhere_text(const std::string& key, const std::string& data_dir,
                         const std::vector<std::filesystem::path>& folders);

/// --what_it_needs: a line for each, with absolute paths; then "fetch WHAT FOLDER" for what is missing and can be
/// fetched, once each. One line where nothing is read.
std::string needs_text(const std::vector<NeededData>& needed);

}  // namespace weft::sw
