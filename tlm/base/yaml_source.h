#pragma once
// A YAML text with the command line's overrides laid over it, and where each of its values was written.
#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace weft {

/// Holds exactly one document whose root is a section (map). Keys are unique names; aliases are not supported.
class YamlSource {
 public:
  /// `overrides` are "path.to.key=value", the value in YAML; later ones win. Throws UsageError.
  YamlSource(const std::string& text, const std::filesystem::path& name, const std::vector<std::string>& overrides);

  YAML::Node root() const { return root_; }
  /// For messages: "dir/mini.yaml:12:7", or "flag pe.banks=7" if the value at `path` came from an override.
  std::string where(const std::string& path, const YAML::Node& node) const;
  /// For the echo: "mini.yaml:12" or "flag". The folder is left out, so that the echo is the same everywhere.
  std::string origin(const std::string& path, const YAML::Node& node) const;

 private:
  void apply(const std::string& override_text);
  /// The flag that wrote the value at `path`, or a section around it; null if none.
  const std::string* flag_of(const std::string& path) const;
  /// A flag that wrote something inside `path`; null if none.
  const std::string* flag_inside(const std::string& path) const;

  std::filesystem::path name_;
  YAML::Node root_;
  std::map<std::string, std::string> flags_;  ///< path of an overridden value -> the flag as written
};

/// Text of a regular file of at most 1 MiB; throws UsageError.
std::string read_text_file(const std::filesystem::path& file);

}  // namespace weft
