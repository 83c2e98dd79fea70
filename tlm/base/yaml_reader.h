#pragma once
// Typed reading of what people write (machine and model files). Every getter names key, allowed range and, if the
// key may be missing, the default; every resolved value is recorded with its origin; keys that no getter asked
// for are errors. An error says file:line:column (or the flag), path of the key as written, value, what is allowed.
// Errors are collected: a getter that meets one returns its fallback, or a value inside the range, and finish() throws
// one UsageError with all of them, in the order of the file.
//
// A value may be written bare, or with its source beside it, which is then recorded:
//   sram_bytes: {value: 49152, source: "SDKWP, CV"}
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tlm/base/yaml_source.h"

namespace weft {

/// A value as the program uses it.
struct ResolvedValue {
  std::string path;   ///< pe.lanes.fmac_mixed
  std::string value;  ///< a text as it is; anything else as JSON: 2, 0.001, true, [500, 300]
  bool is_text = false;
  std::string origin;  ///< "default", "mini.yaml:12" or "flag"
  std::string source;  ///< what the file gives as the value's source; may be empty
};

/// Both ends belong to the range. `reason` says why the range is what it is, where that is not plain.
struct IntegerRange {
  std::int64_t low, high;
  std::string reason = {};
};
struct RealRange {
  double low, high;
  std::string reason = {};
};

class YamlReader;

/// One section of the file. A missing section reads as an empty one. Valid as long as its YamlReader.
/// A getter without `fallback` (or with none) requires its key.
class YamlSection {
 public:
  bool has(const std::string& key);
  bool is_section(const std::string& key);  ///< a map, but not of value and source
  bool is_list(const std::string& key);
  bool is_word(const std::string& key);  ///< a scalar that is no number
  /// For sections whose keys are free: all of them, in the order of the file.
  std::vector<std::string> keys();

  YamlSection section(const std::string& key);
  std::vector<YamlSection> sections(const std::string& key);  ///< a list of sections

  int integer(const std::string& key, const IntegerRange& range, std::optional<int> fallback = {});
  std::int64_t integer64(const std::string& key, const IntegerRange& range, std::optional<std::int64_t> fallback = {});
  double real(const std::string& key, const RealRange& range, std::optional<double> fallback = {});
  bool boolean(const std::string& key, std::optional<bool> fallback = {});
  std::string text(const std::string& key, std::optional<std::string> fallback = {});
  /// A list of 1 to `max_items` numbers.
  std::vector<int> integers(const std::string& key, const IntegerRange& range, int max_items, int min_items = 1);
  std::vector<double> real_list(const std::string& key, const RealRange& range, int max_items, int min_items = 1);
  /// A list of as many numbers as `fallback` has.
  std::vector<double> reals(const std::string& key, const RealRange& range, const std::vector<double>& fallback);
  /// One of the names; letters' case does not count. choice<Kind>("kind", {{"a", Kind::a}, ...}, Kind::a).
  template <class Enum>
  Enum choice(const std::string& key, const std::vector<std::pair<std::string, Enum>>& names,
              std::optional<Enum> fallback = {}) {
    std::vector<std::string> words;
    std::optional<std::size_t> default_index;
    for (const auto& [word, value] : names) {
      if (fallback == value) default_index = words.size();
      words.push_back(word);
    }
    return names[pick(key, words, default_index)].second;
  }

  /// A key that other settings make meaningless and that people's files have all the same: a note if it is written.
  void without_effect(const std::string& key, const std::string& why);
  /// A key that other settings make meaningless: an error if it is written.
  void not_used(const std::string& key, const std::string& why);
  /// An error of the value at `key`: where, path, what is written, `why`.
  void reject(const std::string& key, const std::string& why);
  /// No error of `key` so far: a check between keys should look before it speaks.
  bool good(const std::string& key) const;
  /// As reject(), then throws with all errors so far: where nothing sensible can be read on.
  [[noreturn]] void refuse(const std::string& key, const std::string& why) const;
  /// The tree of the value at `key`; nullptr if it is not written.
  const YamlTree* tree(const std::string& key);
  /// Of this section, as messages name it.
  const std::string& path() const { return path_; }

 private:
  friend class YamlReader;
  YamlSection(YamlReader& reader, const YamlTree* node, std::string path);

  struct Found {
    const YamlTree* node;
    std::string path;  ///< of the key; of `value` in a pair the key's
    std::string source;
    std::string shown() const { return node->path.empty() ? path : node->path; }
  };
  std::string path_of(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }
  const YamlTree* raw(const std::string& key) const;
  /// The value at `key` without its source; none if missing. `allowed` is for the message; empty: may be missing.
  std::optional<Found> find(const std::string& key, const std::string& allowed);
  std::optional<Found> scalar(const std::string& key, bool is_optional, const std::string& allowed);
  template <class Number, class Range>
  Number number(const std::string& key, const Range& range, std::optional<Number> fallback);
  template <class Number, class Range>
  std::vector<Number> numbers(const Found& found, const Range& range, std::size_t least, std::size_t most);
  std::size_t pick(const std::string& key, const std::vector<std::string>& words, std::optional<std::size_t> fallback);
  void missing(const std::string& key, const std::string& allowed);
  std::string error_text(const std::string& key, const std::string& why) const;
  void reject(const Found& found, const std::string& why);
  void record(const Found& found, std::string value, bool is_text = false);
  void record_default(const std::string& key, std::string value, bool is_text = false);

  YamlReader* reader_;
  const YamlTree* node_;  ///< a map; nullptr for a missing section
  std::string path_;
};

class YamlReader {
 public:
  /// How the user would write a key that is read under this path.
  using Spelling = std::function<std::string(const std::string& path)>;

  /// See YamlSource. Throws UsageError if the text is not one YAML section.
  YamlReader(const std::string& text, const std::filesystem::path& name,
             const std::vector<std::string>& overrides = {});
  /// A source that another style was translated in; `spelling` is for messages about keys that are not written.
  explicit YamlReader(YamlSource source, Spelling spelling = {});
  YamlReader(const YamlReader&) = delete;
  YamlReader& operator=(const YamlReader&) = delete;

  YamlSection root() { return YamlSection(*this, &source_.root(), ""); }
  /// Call after the last getter. Throws UsageError that names every error, every key nobody asked for, and the nearest
  /// known one, one a line.
  void finish();
  /// Throws the errors so far, if there are any.
  void stop_at_errors() const;
  /// In the order in which they were read.
  const std::vector<ResolvedValue>& values() const { return values_; }
  /// "dir/a.yaml:3:5: key has no effect here: why"
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  friend class YamlSection;
  struct KnownSection {
    const YamlTree* node = nullptr;
    std::vector<std::string> keys;
    bool told_missing = false;
  };

  void know(const std::string& section_path, const std::string& key);
  void note(const YamlPlace& place, const std::string& path, std::string text);
  std::string spelt(const std::string& path) const { return spelling_ ? spelling_(path) : path; }
  /// The key beside the place of this section that may be meant for it.
  const YamlEntry* misspelt(const std::string& section_path) const;
  std::string unknown_key(const std::string& section_path, const KnownSection& section, const YamlEntry& entry) const;

  YamlSource source_;
  Spelling spelling_;
  std::map<std::string, KnownSection> sections_;  ///< by path
  std::vector<ResolvedValue> values_;
  std::vector<std::string> notes_;
  std::set<std::string> bad_;  ///< paths of values with an error
};

}  // namespace weft
