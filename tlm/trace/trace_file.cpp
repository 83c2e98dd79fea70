#include "tlm/trace/trace_file.h"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>

#include "tlm/base/error.h"
#include "tlm/trace/vcd.h"

namespace weft::proto {

TraceFile::TraceFile(const std::filesystem::path& path, const std::vector<std::string>& selection)
    : path_(path), spans_(TraceSelection(selection)) {
  if (path_.empty()) return;
  if (!std::ofstream(path_)) throw UsageError(fmt::format("--vcd {}: cannot be written", path_.string()));
}

Recorder& TraceFile::recorder() {
  if (path_.empty()) return none_;
  return spans_;
}

void TraceFile::write(const std::vector<std::string>& comments) {
  if (path_.empty()) return;
  std::ofstream stream(path_);
  write_vcd(stream, spans_, comments);
  stream.close();
  if (!stream) throw UsageError(fmt::format("--vcd {}: cannot be written (is the disk full?)", path_.string()));
  if (spans_.dropped() > 0)
    std::fputs(fmt::format("--vcd: {} spans past the limit were dropped; the trace is complete until {} ps\n",
                           spans_.dropped(), spans_.complete_until())
                   .c_str(),
               stderr);
  for (const std::string& pattern : spans_.selection().unused())
    std::fputs(fmt::format("--vcd_scope {}: fits no track\n", pattern).c_str(), stderr);
}

}  // namespace weft::proto
