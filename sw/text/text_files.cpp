#include "sw/text/text_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string_view>

#include "tlm/base/error.h"
#include "tlm/base/nearest.h"

namespace weft::sw {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";  ///< of UTF-8 files of some editors; no character
constexpr std::size_t most_listed = 8;                        ///< names in a message

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

[[noreturn]] void refuse_missing(const fs::path& place) {
  const fs::path folder = place.has_parent_path() ? place.parent_path() : fs::path(".");
  const auto near = nearest(place.filename().string(), names_in(folder));
  std::error_code ignored;
  if (fs::exists(place, ignored)) throw UsageError(fmt::format("{}: neither a file nor a folder", place.string()));
  throw UsageError(fmt::format("{}: no such file or folder{}", place.string(),
                               near ? "; nearest: " + (folder / *near).string() : ""));
}

}  // namespace

std::string read_whole_file(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) throw UsageError(fmt::format("{}: no such file", path.string()));
  std::ifstream stream(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (!stream) throw UsageError(fmt::format("{}: cannot be read", path.string()));
  return text;
}

std::vector<fs::path> files_ending_in(const std::string& ending, const fs::path& place) {
  std::error_code ignored;
  if (fs::is_regular_file(place, ignored)) return {place};
  if (!fs::is_directory(place, ignored)) refuse_missing(place);
  std::vector<fs::path> files;
  std::vector<std::string> others;
  for (const std::string& name : names_in(place)) {
    if (fs::path(name).extension() == ending && fs::is_regular_file(place / name, ignored))
      files.push_back(place / name);
    else if (others.size() < most_listed)
      others.push_back(name);
  }
  if (files.empty())
    throw UsageError(fmt::format("{}: holds no *{}; found: {}", place.string(), ending,
                                 others.empty() ? "nothing" : fmt::format("{}", fmt::join(others, ", "))));
  return files;
}

std::vector<TextFile> read_texts(const std::vector<fs::path>& files) {
  std::vector<TextFile> texts;
  std::vector<std::string> empty;
  for (const fs::path& path : files) {
    std::string text = read_whole_file(path);
    if (text.rfind(byte_order_mark, 0) == 0) text.erase(0, byte_order_mark.size());
    if (text.empty()) empty.push_back(path.string());
    texts.push_back({path, std::move(text)});
  }
  if (empty.size() == files.size()) throw UsageError(fmt::format("{}: the text is empty", fmt::join(empty, ", ")));
  return texts;
}

}  // namespace weft::sw
