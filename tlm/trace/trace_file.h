#pragma once
// The trace of one run, if it has one.
#include <filesystem>
#include <string>
#include <vector>

#include "tlm/trace/span_recorder.h"

namespace weft::proto {

class TraceFile {
 public:
  /// `path` empty: nothing is recorded. `selection`: see TraceSelection; empty: every track.
  /// Throws UsageError: an unknown scope, or a path that cannot be written, before anything runs.
  TraceFile(const std::filesystem::path& path, const std::vector<std::string>& selection);

  Recorder& recorder();
  /// What was recorded; without tracks if the run has no trace.
  const SpanRecorder& spans() const { return spans_; }
  const std::filesystem::path& path() const { return path_; }

  /// Writes the VCD, if there is one, with `comments` in its header. Says on stderr what is missing in it (dropped
  /// spans, patterns that fitted nothing). Throws UsageError if the file cannot be written (disk full).
  void write(const std::vector<std::string>& comments = {});

 private:
  std::filesystem::path path_;
  NullRecorder none_;
  SpanRecorder spans_;
};

}  // namespace weft::proto
