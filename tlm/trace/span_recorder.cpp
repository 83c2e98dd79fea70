#include "tlm/trace/span_recorder.h"

namespace weft::proto {

TrackId SpanRecorder::track(const std::string& path, const std::string& scope) {
  if (!scopes_.empty() && !scopes_.count(scope)) return -1;
  tracks_.push_back(path);
  return static_cast<TrackId>(tracks_.size()) - 1;
}

void SpanRecorder::span(TrackId track, Picosecond begin, Picosecond end, std::uint32_t value) {
  if (track < 0 || begin >= end) return;
  if (spans_.size() >= limit_) {
    ++dropped_;
    return;
  }
  spans_.push_back({track, begin, end, value});
}

}  // namespace weft::proto
