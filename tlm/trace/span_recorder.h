#pragma once
// Keeps spans in memory until a sink writes them: bounded, so that a long run cannot eat the machine.
#include <set>
#include <string>
#include <vector>

#include "tlm/trace/recorder.h"

namespace weft::proto {

struct Span {
  TrackId track = 0;
  Picosecond begin = 0, end = 0;
  std::uint32_t value = 0;
};

class SpanRecorder final : public Recorder {
 public:
  /// `scopes`: which of phases, links, pes are kept; empty: all. Spans past `limit` are dropped and counted.
  explicit SpanRecorder(std::set<std::string> scopes, std::size_t limit = 20'000'000) : scopes_(std::move(scopes)), limit_(limit) {}

  TrackId track(const std::string& path, const std::string& scope) override;
  void span(TrackId track, Picosecond begin, Picosecond end, std::uint32_t value) override;
  bool active() const override { return true; }

  const std::vector<std::string>& tracks() const { return tracks_; }
  const std::vector<Span>& spans() const { return spans_; }
  std::size_t dropped() const { return dropped_; }

 private:
  std::set<std::string> scopes_;
  std::size_t limit_, dropped_ = 0;
  std::vector<std::string> tracks_;
  std::vector<Span> spans_;
};

}  // namespace weft::proto
