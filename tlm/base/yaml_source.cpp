#include "tlm/base/yaml_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "tlm/base/error.h"

namespace weft {
namespace {

struct PathStep {
  std::string key;  ///< empty for an item of a list
  std::size_t item = 0;
};

/// a.b[2].c; none if a name is empty or an index is no number.
std::optional<std::vector<PathStep>> steps_of(const std::string& path) {
  std::vector<PathStep> steps;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('.', begin), path.size());
    const std::string part = path.substr(begin, end - begin);
    const std::size_t bracket = std::min(part.find('['), part.size());
    if (bracket == 0) return std::nullopt;
    steps.push_back({part.substr(0, bracket), 0});
    for (std::size_t at = bracket; at < part.size();) {
      const std::size_t close = part.find(']', at);
      std::size_t item = 0;
      if (part[at] != '[' || close == std::string::npos) return std::nullopt;
      const auto read = std::from_chars(part.data() + at + 1, part.data() + close, item);
      if (read.ec != std::errc{} || read.ptr != part.data() + close) return std::nullopt;
      steps.push_back({"", item});
      at = close + 1;
    }
    begin = end + 1;
  }
  return steps;
}

/// A flag that wrote something inside `value`; null if none.
const std::string* flag_inside(const YamlTree& value) {
  if (value.place.flag) return value.place.flag.get();
  for (const YamlEntry& entry : value.entries)
    if (const std::string* flag = flag_inside(entry.value)) return flag;
  return nullptr;
}

/// Where each value in `tree` was written: what an alias or a merge brings was written elsewhere.
void add_places(const YamlTree& tree, std::set<std::pair<int, int>>& places) {
  if (tree.place.line > 0 && !tree.is_null()) places.emplace(tree.place.line, tree.place.column);
  for (const YamlEntry& entry : tree.entries) add_places(entry.value, places);
}

std::set<std::string> lenders(const YamlTree& root) {
  std::vector<std::set<std::pair<int, int>>> places(root.entries.size());
  std::map<std::pair<int, int>, int> sections;
  for (std::size_t i = 0; i < places.size(); ++i) {
    add_places(root.entries[i].value, places[i]);
    for (const auto& place : places[i]) ++sections[place];
  }
  std::set<std::string> keys;
  for (std::size_t i = 0; i < places.size(); ++i)
    if (std::any_of(places[i].begin(), places[i].end(), [&](const auto& place) { return sections[place] > 1; }))
      keys.insert(root.entries[i].key);
  return keys;
}

using File = std::shared_ptr<const std::filesystem::path>;

void say_file(YamlTree& value, const File& file) {
  value.place.file = file;
  for (YamlEntry& entry : value.entries) {
    entry.key_place.file = file;
    say_file(entry.value, file);
  }
}

bool is_section(const YamlTree& value) { return value.is_map() && value.find("value") == nullptr; }

void lay_over(YamlTree& over, YamlTree base) {
  for (YamlEntry& entry : base.entries) {
    YamlTree* own = over.find(entry.key);
    if (own == nullptr) {
      over.entries.push_back(std::move(entry));
    } else if (is_section(*own) && is_section(entry.value)) {
      lay_over(*own, std::move(entry.value));
    }
  }
}

void drop_nulls_of(YamlTree& tree) {
  auto& entries = tree.entries;
  if (tree.is_map())
    entries.erase(std::remove_if(entries.begin(), entries.end(), [](const YamlEntry& e) { return e.value.is_null(); }),
                  entries.end());
  for (YamlEntry& entry : entries) drop_nulls_of(entry.value);
}

}  // namespace

YamlSource::YamlSource(const std::string& text, const std::filesystem::path& name)
    : name_(name), root_(parse_yaml(text, name.string())) {
  if (root_.is_null()) throw UsageError(fmt::format("{}: is empty", name.string()));
  if (!root_.is_map()) throw UsageError(fmt::format("{}: must be a section of keys and values", name.string()));
  lenders_ = lenders(root_);
}

void YamlSource::apply(const std::string& override_text) {
  const std::string where = "flag " + override_text;
  try {
    const auto equals = override_text.find('=');
    if (equals == std::string::npos) throw UsageError(where + ": must be path.to.key=value");
    const std::string text = override_text.substr(equals + 1);
    if (text.find_first_not_of(" \t\n") == std::string::npos)
      throw UsageError(where + ": the value is empty (null takes the key away)");
    const std::string path = override_text.substr(0, equals);
    write(path, override_text, parse_yaml(text, where, &override_text, path));
  } catch (const UsageError& error) {
    errors_.push_back({false, 0, error.what()});
  }
}

void YamlSource::put_under(YamlTree base, const std::filesystem::path& file) {
  lenders_.merge(lenders(base));
  say_file(base, std::make_shared<const std::filesystem::path>(file));
  lay_over(root_, std::move(base));
}

void YamlSource::drop_nulls() { drop_nulls_of(root_); }

void YamlSource::write(const std::string& path, const std::string& override_text, YamlTree value) {
  const std::string where = "flag " + override_text;
  const auto steps = steps_of(path);
  if (!steps) throw UsageError(where + ": an empty name in the path, or no number in [ ]");
  YamlTree* at = &root_;
  const std::string* of = nullptr;
  for (const PathStep& step : *steps) {
    if (step.key.empty()) {
      if (!at->is_list() || step.item >= at->entries.size())
        throw UsageError(fmt::format("{}: '{}' is {}", where, *of,
                                     at->is_list() ? fmt::format("a list of {}", at->entries.size()) : "not a list"));
      at = &at->entries[step.item].value;
      continue;
    }
    if (!at->is_map() && !at->is_null()) throw UsageError(fmt::format("{}: '{}' is not a section", where, *of));
    at = &at->at(step.key);
    of = &step.key;
  }
  value.place.flag = std::make_shared<const std::string>(override_text);
  *at = std::move(value);
}

std::vector<std::string> YamlSource::errors() const {
  std::vector<Error> sorted = errors_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Error& a, const Error& b) {
    return std::tie(a.is_below, a.line) < std::tie(b.is_below, b.line);
  });
  std::vector<std::string> texts;
  texts.reserve(sorted.size());
  for (Error& error : sorted) texts.push_back(std::move(error.text));
  return texts;
}

std::string YamlSource::where(const YamlPlace& place) const {
  if (place.flag) return "flag " + *place.flag;
  const std::string& file = place.file ? place.file->native() : name_.native();
  return place.line > 0 ? fmt::format("{}:{}:{}", file, place.line, place.column) : file;
}

std::string YamlSource::where(const YamlTree& value) const {
  const std::string* flag = value.place.line > 0 ? nullptr : flag_inside(value);
  return flag ? "flag " + *flag : where(value.place);
}

std::string YamlSource::origin(const YamlPlace& place) const {
  if (place.flag) return "flag";
  return fmt::format("{}:{}", (place.file ? *place.file : name_).filename().string(), place.line);
}

std::string read_text_file(const std::filesystem::path& file) {
  std::error_code unreadable;
  constexpr std::uintmax_t kMaxBytes = 1 << 20;
  if (!std::filesystem::is_regular_file(file, unreadable)) {
    throw UsageError(fmt::format("{}: no such file", file.string()));
  }
  if (std::filesystem::file_size(file, unreadable) > kMaxBytes) {
    throw UsageError(fmt::format("{}: larger than {} bytes", file.string(), kMaxBytes));
  }
  std::ifstream stream(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (!stream) throw UsageError(fmt::format("{}: cannot be read", file.string()));
  return text;
}

}  // namespace weft
