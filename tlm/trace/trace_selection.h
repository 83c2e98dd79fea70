#pragma once
// Which tracks a run keeps.
#include <string>
#include <vector>

namespace weft::proto {

class TraceSelection {
 public:
  /// Items: a scope (phases, links, pes), or a glob over whole dotted paths, e.g. "cluster.memoryx.*" (an item with one
  /// of . * ? [ is a glob; * matches dots too). A track is kept if any item fits it; no items keep every track.
  /// Throws UsageError: an unknown scope, with the nearest one.
  explicit TraceSelection(const std::vector<std::string>& items);

  bool keeps(const std::string& path, const std::string& scope);
  /// Globs that no track has fitted so far.
  std::vector<std::string> unused() const;

 private:
  struct Glob {
    std::string pattern;
    bool used = false;
  };
  std::vector<std::string> scopes_;
  std::vector<Glob> globs_;
};

}  // namespace weft::proto
