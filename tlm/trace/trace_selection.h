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
  /// Throws UsageError that names each glob that no track has fitted, with the nearest path, and each scope that no
  /// track is of.
  void require_used() const;

 private:
  struct Item {
    std::string text;
    bool used = false;
  };
  std::vector<Item> scopes_, globs_;
  std::vector<std::string> paths_;  ///< of all tracks, kept or not
};

}  // namespace weft::proto
