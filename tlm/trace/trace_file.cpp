#include "tlm/trace/trace_file.h"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>

#include "tlm/trace/gtkw_file.h"

namespace weft::proto {

/// The VCD, and the save file anew whenever the trace has become twice as long.
class TraceFile::Zoom final : public TraceSink {
 public:
  Zoom(const TraceFile& file, ByteSink& bytes) : file_(file), vcd_(bytes, file.comments_) {}
  void begin(const std::vector<Track>& tracks) override { vcd_.begin(tracks); }
  void name(Picosecond at, TrackId track, const std::string& text) override { vcd_.name(at, track, text); }
  void number(Picosecond at, TrackId track, std::uint64_t value) override { vcd_.number(at, track, value); }
  void flush(Picosecond until) override {
    vcd_.flush(until);
    if (until < next_) return;
    file_.write_save_file(until);
    next_ = 2 * until + 1;
  }

 private:
  const TraceFile& file_;
  VcdWriter vcd_;
  Picosecond next_ = 0;
};

TraceFile::TraceFile(const std::filesystem::path& path, const std::vector<std::string>& selection,
                     std::vector<std::string> comments)
    : path_(path), comments_(std::move(comments)) {
  if (path_.empty()) return;
  TraceSelection chosen(selection);
  bytes_ = open_byte_sink(path_);
  sink_ = std::make_unique<Zoom>(*this, *bytes_);
  spans_ = std::make_unique<SpanRecorder>(std::move(chosen), *sink_);
}

TraceFile::~TraceFile() = default;

Recorder& TraceFile::recorder() {
  if (!spans_) return none_;
  return *spans_;
}

void TraceFile::begin() {
  if (spans_) spans_->begin();
  begun_ = true;
}

void TraceFile::write_save_file(Picosecond end) const {
  if (!std::filesystem::is_regular_file(path_)) return;
  std::ofstream(gtkw_path(path_)) << gtkw_text(path_, spans_->tracks(), end, comments_);
}

void TraceFile::finish() {
  if (!spans_ || !spans_->begun()) return;
  spans_->finish();
  bytes_->close();
  write_save_file(spans_->end());
  const auto say = [](const std::string& line) { std::fputs(line.c_str(), stderr); };
  if (spans_->dropped() > 0)
    say(fmt::format("--vcd: {} spans past the limit were dropped; the trace is complete until {} ps\n",
                    spans_->dropped(), spans_->complete_until()));
  if (spans_->late() > 0) say(fmt::format("--vcd: {} spans were told late and begin later here\n", spans_->late()));
  spans_.reset();
}

}  // namespace weft::proto
