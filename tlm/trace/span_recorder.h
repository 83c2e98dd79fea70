#pragma once
// Keeps spans in memory until a sink writes them: bounded, so that a long run cannot eat the machine.
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tlm/trace/recorder.h"
#include "tlm/trace/trace_selection.h"

namespace weft::proto {

struct Span {
  TrackId track = 0;
  std::uint32_t value = 0;
  Picosecond begin = 0, end = 0;
};

class SpanRecorder final : public Recorder {
 public:
  /// Once `limit` spans are held, further ones are dropped and counted.
  explicit SpanRecorder(TraceSelection selection, std::size_t limit = 20'000'000)
      : selection_(std::move(selection)), limit_(limit) {}

  /// Throws SimulationError if the path was declared before: a sink could not tell the two apart.
  TrackId track(const std::string& path, const std::string& scope) override;
  void span(TrackId track, Picosecond begin, Picosecond end, std::uint32_t value) override;
  bool active() const override { return true; }

  const TraceSelection& selection() const { return selection_; }
  const std::vector<std::string>& tracks() const { return tracks_; }
  const std::vector<Span>& spans() const { return spans_; }
  std::size_t dropped() const { return dropped_; }
  /// Every span that begins before this instant was kept. Meaningful when dropped() > 0.
  Picosecond complete_until() const { return complete_until_; }

 private:
  TraceSelection selection_;
  std::size_t limit_, dropped_ = 0;
  Picosecond complete_until_ = 0;
  std::vector<std::string> tracks_;
  std::set<std::string> known_;
  std::vector<Span> spans_;
};

}  // namespace weft::proto
