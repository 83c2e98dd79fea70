#include "tlm/trace/trace_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "tlm/base/error.h"
#include "tlm/base/nearest.h"
#include "tlm/trace/vcd.h"

namespace weft::proto {

namespace {
const std::vector<std::string> known_scopes = {"phases", "links", "pes"};
}

TraceFile::TraceFile(const std::filesystem::path& path, const std::vector<std::string>& scopes)
    : path_(path), spans_(std::set<std::string>(scopes.begin(), scopes.end())) {
  for (const std::string& scope : scopes)
    if (std::find(known_scopes.begin(), known_scopes.end(), scope) == known_scopes.end())
      throw UsageError(fmt::format("--vcd_scope {}: no such scope{}", scope, suggest(scope, known_scopes)));
  if (path_.empty()) return;
  if (!std::ofstream(path_)) throw UsageError(fmt::format("--vcd {}: cannot be written", path_.string()));
}

Recorder& TraceFile::recorder() {
  if (path_.empty()) return none_;
  return spans_;
}

void TraceFile::write() {
  if (path_.empty()) return;
  std::ofstream stream(path_);
  write_vcd(stream, spans_);
  stream.close();
  if (!stream) throw UsageError(fmt::format("--vcd {}: cannot be written (is the disk full?)", path_.string()));
  if (spans_.dropped() > 0) std::fputs(fmt::format("--vcd: {} spans past the limit were dropped\n", spans_.dropped()).c_str(), stderr);
}

}  // namespace weft::proto
