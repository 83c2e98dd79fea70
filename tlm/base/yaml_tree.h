#pragma once
// A YAML text as a tree of values that each know where they were written. Aliases and merges (`*name`, `<<: *name`) are
// resolved into copies, so that a value can be changed, moved or taken away without changing another.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace weft {

struct YamlEntry;

/// Where a value was written: a line of the file, or a flag.
struct YamlPlace {
  int line = 0, column = 0;                 ///< from 1; 0: not in the file
  std::shared_ptr<const std::string> flag;  ///< pe.banks=7, if a flag wrote it
  /// If another file than the source's own wrote it (YamlSource::put_under()).
  std::shared_ptr<const std::filesystem::path> file = nullptr;
};

struct YamlTree {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  std::string scalar;              ///< of a scalar
  std::vector<YamlEntry> entries;  ///< of a map: its keys are unique; of a list: keys are empty
  YamlPlace place;                 ///< of an alias: where the value is, not where it is used
  std::string path;                ///< as written: pe.lanes.fmac_mixed, kinds[1].size

  bool is_null() const { return kind == Kind::null; }
  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_list() const { return kind == Kind::list; }
  bool is_map() const { return kind == Kind::map; }
  /// The value of a map's key, also a null one; nullptr if there is none or this is no map.
  const YamlTree* find(const std::string& key) const;
  YamlTree* find(const std::string& key);
  /// The value of a map's key, made if missing. A null becomes a map.
  YamlTree& at(const std::string& key);
  /// Takes a map's key away; false if there is none.
  bool erase(const std::string& key);
  /// The same values, wherever they were written?
  bool same_values(const YamlTree& other) const;
};

struct YamlEntry {
  std::string key;
  YamlPlace key_place;
  YamlTree value;
};

/// How a message quotes a value: '7', a list, a section, not written.
std::string written(const YamlTree& value);

/// One document of at most 100,000 values, 100 deep. `flag` marks each value as written by that flag; `path` is where
/// the value stands. Throws UsageError that names `where` and line: not valid YAML; several documents; a key twice (but
/// for what a merge brings, which the section's own keys precede); a key that is no name; a merge of what is no
/// section; an alias inside its own value.
YamlTree parse_yaml(const std::string& text, const std::string& where, const std::string* flag = nullptr,
                    const std::string& path = "");

}  // namespace weft
