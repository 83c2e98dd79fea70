#include "tlm/trace/trace_selection.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>

#include "tlm/base/error.h"
#include "tlm/base/nearest.h"

namespace weft::proto {

namespace {
const std::vector<std::string> known_scopes = {"phases", "links", "pes"};
}

TraceSelection::TraceSelection(const std::vector<std::string>& items) {
  for (const std::string& item : items) {
    if (item.find_first_of(".*?[") != std::string::npos) {
      globs_.push_back({item, false});
    } else if (std::find(known_scopes.begin(), known_scopes.end(), item) != known_scopes.end()) {
      scopes_.push_back(item);
    } else {
      throw UsageError(fmt::format("--vcd_scope {}: no such scope, and not a pattern of a path (cluster.memoryx.*){}",
                                   item, suggest(item, known_scopes)));
    }
  }
}

bool TraceSelection::keeps(const std::string& path, const std::string& scope) {
  bool kept = (scopes_.empty() && globs_.empty()) || std::find(scopes_.begin(), scopes_.end(), scope) != scopes_.end();
  for (Glob& glob : globs_)
    if (fnmatch(glob.pattern.c_str(), path.c_str(), 0) == 0) kept = glob.used = true;
  return kept;
}

std::vector<std::string> TraceSelection::unused() const {
  std::vector<std::string> patterns;
  for (const Glob& glob : globs_)
    if (!glob.used) patterns.push_back(glob.pattern);
  return patterns;
}

}  // namespace weft::proto
