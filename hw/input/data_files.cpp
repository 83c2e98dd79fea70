#include "hw/input/data_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <optional>
#include <sstream>
#include <tuple>
#include <vector>

#include "tlm/base/error.h"
#include "tlm/base/nearest.h"

namespace weft::hw {

namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

constexpr int deepest = 4;              ///< folders below the one that the user names
constexpr std::size_t most_listed = 8;  ///< names in a message
const Words known_sets = {"mnist", "fashionmnist", "kmnist", "emnist", "qmnist"};
const Words containers = {"raw", "gzip", "archive"};
const std::map<std::string, DataPart> split_words = {{"train", DataPart::train},  {"training", DataPart::train},
                                                     {"t10k", DataPart::test},    {"test", DataPart::test},
                                                     {"testing", DataPart::test}, {"val", DataPart::val},
                                                     {"valid", DataPart::val},    {"validation", DataPart::val}};
const std::map<std::string, bool> kind_words = {{"images", true}, {"image", true}, {"labels", false}, {"label", false}};
const Words form_words = {"idx",  "idx1",  "idx2", "idx3",  "idx4",  "ubyte",
                          "byte", "short", "int",  "int32", "float", "gz"};

bool contains(const Words& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Letters and digits, small.
std::string bare(const std::string& name) {
  std::string letters;
  for (const char c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return letters;
}

/// Between -, . and _.
Words words_of(std::string name) {
  for (char& c : name) c = c == '.' || c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  std::istringstream stream(name);
  Words words;
  for (std::string word; std::getline(stream, word, '-');) words.push_back(word);
  return words;
}

/// What a name says about an IDX file.
struct IdxName {
  std::string family;  ///< what stands before the part's word; may be empty
  DataPart part;
  bool images;
};

std::optional<IdxName> idx_name(const std::string& file_name) {
  const Words words = words_of(file_name);
  for (std::size_t at = 0; at + 1 < words.size(); ++at) {
    const auto part = split_words.find(words[at]);
    const auto kind = kind_words.find(words[at + 1]);
    if (part == split_words.end() || kind == kind_words.end()) continue;
    const auto rest = words.begin() + static_cast<std::ptrdiff_t>(at) + 2;
    if (!std::all_of(rest, words.end(), [](const std::string& word) { return contains(form_words, word); })) return {};
    const Words family(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(at));
    return IdxName{fmt::format("{}", fmt::join(family, "-")), part->second, kind->second};
  }
  return {};
}

/// A file, and how good a form of it this is: few folders down, then not packed, then by name.
struct Form {
  int depth = 0;
  bool packed = false;
  fs::path path;
  bool operator<(const Form& other) const {
    return std::tie(depth, packed, path) < std::tie(other.depth, other.packed, other.path);
  }
};

struct DataSet {
  std::string label, family;
  int depth = 0;
  std::map<std::pair<DataPart, bool>, Form> files;

  std::string name() const { return !family.empty() ? family : !label.empty() ? label : "mnist"; }
  /// A folder may be called anything: files without a family in the folder itself are what the user says they are.
  bool is_plain() const { return family.empty() && (label.empty() || label == "mnist"); }
  bool is_called(const std::string& wanted) const {
    const std::string own = bare(family), word = bare(wanted);
    return word == bare(name()) || word == own || word == label + own || label + word == own ||
           (own.rfind("emnist", 0) == 0 && "emnist" + word == own) || (label == word && own.rfind(label, 0) == 0);
  }
  std::optional<DataFiles> part(DataPart wanted) const {
    const auto images = files.find({wanted, true}), labels = files.find({wanted, false});
    if (images != files.end() && labels != files.end())
      return DataFiles{name(), images->second.path, labels->second.path};
    if (wanted == DataPart::val) return part(DataPart::test);
    return {};
  }
};

class Search {
 public:
  explicit Search(const fs::path& folder) : folder_(folder) { visit(folder, folder, "", 0, 0); }

  std::vector<DataSet> sets() const {
    std::vector<DataSet> sets;
    for (const auto& [key, set] : sets_) sets.push_back(set);
    return sets;
  }
  /// IDX files, relative to the folder; if there are none, what else it holds.
  std::string found() const {
    Words names;
    for (const auto& [key, set] : sets_)
      for (const auto& [what, form] : set.files) names.push_back(form.path.lexically_relative(folder_).string());
    if (names.empty()) names = others_;
    std::sort(names.begin(), names.end());
    if (names.empty()) return "found: nothing";
    const std::size_t more = names.size() - std::min(names.size(), most_listed);
    names.resize(names.size() - more);
    return fmt::format("found: {}{}", fmt::join(names, ", "), more > 0 ? fmt::format(" and {} more", more) : "");
  }

 private:
  /// `base` is where the data set `label` begins, `depth` counts from the user's folder, `below` from `base`.
  void visit(const fs::path& folder, const fs::path& base, const std::string& label, int depth, int below) {
    std::error_code unreadable;
    std::vector<fs::directory_entry> entries;
    for (const auto& entry : fs::directory_iterator(folder, unreadable)) entries.push_back(entry);
    std::sort(entries.begin(), entries.end());
    for (const fs::directory_entry& entry : entries) {
      const std::string name = entry.path().filename().string(), word = bare(name);
      if (name.front() == '.') continue;  // macOS leaves ._ files beside what it unpacks
      const std::optional<IdxName> idx = idx_name(name);
      std::error_code ignored;
      if (entry.is_regular_file(ignored)) {
        if (idx) offer(*idx, entry.path(), base, label, depth, below);
      } else if (entry.is_directory(ignored) && depth < deepest) {
        if (idx || contains(containers, word) || split_words.count(word) > 0)
          visit(entry.path(), base, label, depth + 1, below + 1);
        else if (contains(known_sets, word))
          visit(entry.path(), entry.path(), word, depth + 1, 0);
      }
      if (depth == 0 && !idx) others_.push_back(name);
    }
  }

  void offer(const IdxName& idx, const fs::path& path, const fs::path& base, const std::string& label, int depth,
             int below) {
    DataSet& set = sets_[{base, idx.family}];
    if (set.files.empty()) set = {label, idx.family, depth - below, {}};
    const Form form{below, path.extension() == ".gz", path};
    const auto [place, is_new] = set.files.try_emplace({idx.part, idx.images}, form);
    if (!is_new && form < place->second) place->second = form;
  }

  fs::path folder_;
  std::map<std::pair<fs::path, std::string>, DataSet> sets_;
  Words others_;
};

std::string part_text(DataPart part) {
  return part == DataPart::train ? "training set" : part == DataPart::val ? "validation set" : "test set";
}

std::string names_looked_for(DataPart part) {
  const std::string word = part == DataPart::train ? "train" : part == DataPart::val ? "val" : "t10k";
  return fmt::format(
      "looked for {0}-images-idx3-ubyte and {0}-labels-idx1-ubyte, with - or ., plain or .gz, here and "
      "in raw, MNIST/raw and the like",
      word);
}

}  // namespace

DataFiles find_data_files(const fs::path& folder, DataPart part, const std::string& data_set) {
  const auto refuse = [&folder](const std::string& why) {
    throw UsageError(fmt::format("{}: {}", folder.string(), why));
  };
  std::error_code unreadable;
  if (!fs::exists(folder, unreadable)) refuse("no such folder");
  if (!fs::is_directory(folder, unreadable)) refuse("is no folder; the folder of the IDX files is asked for");
  const fs::directory_iterator opened(folder, unreadable);
  if (unreadable) refuse(fmt::format("cannot be read: {}", unreadable.message()));
  const Search search(folder);
  std::vector<DataSet> sets = search.sets();
  const auto keep = [&sets](const auto& wanted) {
    sets.erase(std::remove_if(sets.begin(), sets.end(), [&](const DataSet& set) { return !wanted(set); }), sets.end());
  };
  keep([part](const DataSet& set) { return set.part(part).has_value(); });
  if (sets.empty()) refuse(fmt::format("holds no {}: {}; {}", part_text(part), names_looked_for(part), search.found()));
  Words names;
  for (const DataSet& set : sets) names.push_back(set.name());
  if (!data_set.empty()) {
    keep([&data_set](const DataSet& set) { return set.is_called(data_set); });
    if (sets.empty()) refuse(fmt::format("holds no data set '{}'{}", data_set, suggest(data_set, names)));
  } else if (std::any_of(sets.begin(), sets.end(), [](const DataSet& set) { return set.is_plain(); })) {
    keep([](const DataSet& set) { return set.is_plain(); });
  }
  const auto uppermost = std::min_element(sets.begin(), sets.end(), [](const DataSet& a, const DataSet& b) {
                           return a.depth < b.depth;
                         })->depth;
  if (sets.size() > 1 && std::any_of(sets.begin(), sets.end(), [](const DataSet& set) { return set.is_plain(); }))
    keep([uppermost](const DataSet& set) { return set.depth == uppermost; });
  if (sets.size() > 1)
    refuse(fmt::format("holds {} data sets: {}; say which with the key data_set, or name its own folder", names.size(),
                       fmt::join(names, ", ")));
  return *sets.front().part(part);
}

}  // namespace weft::hw
