#pragma once
// The trace of one run, if it has one: a waveform that grows as the run goes, and the save file that opens it.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tlm/trace/byte_sink.h"
#include "tlm/trace/span_recorder.h"
#include "tlm/trace/vcd_writer.h"

namespace weft::proto {

class TraceFile {
 public:
  /// `path` empty: nothing is recorded; else open_byte_sink() says what is written. `selection`: see TraceSelection.
  /// `comments` go into the file's header and above the signals. Throws UsageError before anything runs.
  TraceFile(const std::filesystem::path& path, const std::vector<std::string>& selection,
            std::vector<std::string> comments = {});
  ~TraceFile();

  Recorder& recorder();
  const std::filesystem::path& path() const { return path_; }

  /// All tracks are declared: the header is written. Throws UsageError for patterns that fit no track; then no file is
  /// left that was not there.
  void begin();
  /// begin() has succeeded.
  bool begun() const { return begun_; }
  /// Ends the file with what is there. Says on stderr what is missing in it. Throws UsageError if it cannot be written
  /// (disk full). Once; also after a run that failed.
  void finish();

 private:
  /// Keeps the save file's zoom near the length of what is there.
  class Zoom;
  void write_save_file(Picosecond end) const;

  std::filesystem::path path_;
  std::vector<std::string> comments_;
  NullRecorder none_;
  std::unique_ptr<ByteSink> bytes_;
  std::unique_ptr<TraceSink> sink_;
  std::unique_ptr<SpanRecorder> spans_;
  bool begun_ = false;
};

}  // namespace weft::proto
