#pragma once
// The trace of one run, if it has one.
#include <filesystem>
#include <string>
#include <vector>

#include "tlm/trace/span_recorder.h"

namespace weft::proto {

class TraceFile {
 public:
  /// `path` empty: nothing is recorded. `scopes`: phases, links, pes; empty: all.
  /// Throws UsageError: an unknown scope (and the nearest), or a path that cannot be written, before anything runs.
  TraceFile(const std::filesystem::path& path, const std::vector<std::string>& scopes);

  Recorder& recorder();
  /// Writes the VCD. Throws UsageError if that fails (disk full).
  void write();

 private:
  std::filesystem::path path_;
  NullRecorder none_;
  SpanRecorder spans_;
};

}  // namespace weft::proto
