#include "sw/driver/needed_data.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <set>

namespace weft::sw {

namespace {

namespace fs = std::filesystem;

bool is_split_name(const fs::path& name) {
  return name == "train" || name == "val" || name == "test" || name == "eval" || name == "valid";
}

fs::path cleaned(const std::string& data_dir) {
  const char* home = std::getenv("HOME");
  const bool tilde = data_dir == "~" || data_dir.rfind("~/", 0) == 0;
  fs::path path = tilde && home != nullptr ? home + data_dir.substr(1) : data_dir;
  path = path.lexically_normal();
  if (path.filename().empty() && path.has_parent_path()) path = path.parent_path();  // a slash at the end
  return path;
}

std::string part_word(hw::DataPart part) {
  return part == hw::DataPart::train ? "train" : part == hw::DataPart::val ? "val" : "test";
}

std::string found_text(const NeededData& data) {
  if (data.pictures)
    return fmt::format("{}, {}: {}, {}", data.pictures->data_set, part_word(data.part),
                       full_path(data.pictures->images).string(), full_path(data.pictures->labels).string());
  std::vector<std::string> files;
  for (const fs::path& file : data.files) files.push_back(full_path(file).string());
  if (data.kind == NeededData::Kind::vocabulary) return fmt::format("vocabulary: {}", fmt::join(files, ", "));
  return fmt::format("text, {}: {}", part_word(data.part), fmt::join(files, ", "));
}

}  // namespace

fs::path full_path(const fs::path& path) {
  std::error_code none;
  const fs::path full = fs::absolute(path, none).lexically_normal();
  return none ? path : full;
}

bool same_place(const fs::path& a, const fs::path& b) {
  std::error_code none;
  return fs::weakly_canonical(a, none) == fs::weakly_canonical(b, none);
}

fs::path without_split(const std::string& data_dir) {
  const fs::path path = cleaned(data_dir);
  return is_split_name(path.filename()) ? path.parent_path() : path;
}

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

std::optional<fs::path> first_there(const std::vector<fs::path>& folders) {
  std::error_code ignored;
  const auto found =
      std::find_if(folders.begin(), folders.end(), [&](const fs::path& path) { return fs::exists(path, ignored); });
  return found == folders.end() ? std::nullopt : std::optional(*found);
}

std::string nowhere_text(const std::string& key, const std::string& data_dir, const std::vector<fs::path>& folders) {
  std::vector<std::string> places;
  for (const fs::path& path : folders) places.push_back(full_path(path).string());
  return fmt::format("{}: no folder {}; looked for {}", key, data_dir, fmt::join(places, ", "));
}

std::string needs_text(const std::vector<NeededData>& needed) {
  if (needed.empty()) return "reads no data\n";
  std::string text;
  std::set<std::string> fetch;
  for (const NeededData& data : needed) {
    text += fmt::format("{}: {}\n", data.section, data.missing.empty() ? found_text(data) : "missing: " + data.missing);
    if (data.fetchable)
      fetch.insert(fmt::format("fetch {} {}\n", data.fetchable->what, data.fetchable->folder.string()));
  }
  return text + fmt::format("{}", fmt::join(fetch, ""));
}

}  // namespace weft::sw
