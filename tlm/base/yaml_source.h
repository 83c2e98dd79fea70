#pragma once
// A YAML text with the command line's overrides laid over it.
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tlm/base/yaml_tree.h"

namespace weft {

/// Collects the errors of overrides and values, so that all are told together.
class YamlSource {
 public:
  /// Throws UsageError if the text is not one section of keys and values.
  YamlSource(const std::string& text, const std::filesystem::path& name);

  /// "path.to.key=value", the value in YAML; path.to.list[1].key reaches into a list. The value `null` takes the key
  /// away: it then reads as not written. Later overrides win.
  void apply(const std::string& override_text);

  /// Lays the source's values over those of `base`, which was read from `file`: of sections key by key; a value with
  /// its source beside it is one value. What is null here is not taken from there. `base` is of the same kind as
  /// root().
  void put_under(YamlTree base, const std::filesystem::path& file);
  /// After the last put_under(): null keys are gone with what they kept away.
  void drop_nulls();

  /// Keys of the root of which something stands elsewhere too, by an alias: `defaults: &d {...}` serves others even if
  /// nobody asks for it.
  bool lends(const std::string& root_key) const { return lenders_.count(root_key) > 0; }

  /// A null of the file is as good as not written; one of a flag takes a key away, which must be one.
  static bool is_unwritten(const YamlTree& value) { return value.is_null() && !value.place.flag; }

  YamlTree& root() { return root_; }
  const YamlTree& root() const { return root_; }

  struct Error {
    bool is_below;  ///< in a file that was put under this one
    int line;       ///< 0: of a flag, or of what is not written
    std::string text;
  };
  void add_error(const YamlPlace& place, std::string text) {
    errors_.push_back({place.file != nullptr, place.line, std::move(text)});
  }
  /// In the order of the file, those without a line first, those of files under it last.
  std::vector<std::string> errors() const;

  /// For messages: "dir/mini.yaml:12:7", "flag pe.banks=7", or the file alone for what is not written.
  std::string where(const YamlPlace& place) const;
  /// Of a section that holds nothing but what a flag wrote, the flag.
  std::string where(const YamlTree& value) const;
  /// For the echo: "mini.yaml:12" or "flag". The folder is left out, so that the echo is the same everywhere.
  std::string origin(const YamlPlace& place) const;

 private:
  void write(const std::string& path, const std::string& override_text, YamlTree value);

  std::filesystem::path name_;
  YamlTree root_;
  std::set<std::string> lenders_;
  std::vector<Error> errors_;
};

/// Text of a regular file of at most 1 MiB; throws UsageError.
std::string read_text_file(const std::filesystem::path& file);

}  // namespace weft
