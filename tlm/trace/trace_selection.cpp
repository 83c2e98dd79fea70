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
      scopes_.push_back({item, false});
    } else {
      throw UsageError(fmt::format("--vcd_scope {}: no such scope, and not a pattern of a path (cluster.memoryx.*){}",
                                   item, suggest(item, known_scopes)));
    }
  }
}

bool TraceSelection::keeps(const std::string& path, const std::string& scope) {
  paths_.push_back(path);
  bool kept = scopes_.empty() && globs_.empty();
  for (Item& item : scopes_)
    if (item.text == scope) kept = item.used = true;
  for (Item& glob : globs_)
    if (fnmatch(glob.text.c_str(), path.c_str(), 0) == 0) kept = glob.used = true;
  return kept;
}

void TraceSelection::require_used() const {
  std::string wrong;
  const auto note = [&wrong](const std::string& line) { wrong += (wrong.empty() ? "" : "\n") + line; };
  for (const Item& scope : scopes_)
    if (!scope.used) note(fmt::format("--vcd_scope {}: this run has no such tracks", scope.text));
  for (const Item& glob : globs_) {
    if (glob.used) continue;
    const auto near = nearest(glob.text, paths_);
    note(fmt::format("--vcd_scope {}: fits no track; {} '{}'", glob.text, near ? "is near" : "there is",
                     near             ? *near
                     : paths_.empty() ? "none"
                                      : paths_.front()));
  }
  if (!wrong.empty()) throw UsageError(wrong);
}

}  // namespace weft::proto
