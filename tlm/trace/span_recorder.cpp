#include "tlm/trace/span_recorder.h"

#include <algorithm>

#include "tlm/base/error.h"

namespace weft::proto {

TrackId SpanRecorder::track(const std::string& path, const std::string& scope) {
  if (!selection_.keeps(path, scope)) return -1;
  if (!known_.insert(path).second) throw SimulationError("trace: the track " + path + " was declared twice");
  tracks_.push_back(path);
  return static_cast<TrackId>(tracks_.size()) - 1;
}

void SpanRecorder::span(TrackId track, Picosecond begin, Picosecond end, std::uint32_t value) {
  if (track < 0 || begin >= end) return;
  if (spans_.size() >= limit_) {
    complete_until_ = dropped_ == 0 ? begin : std::min(complete_until_, begin);
    ++dropped_;
    return;
  }
  spans_.push_back({track, value, begin, end});
}

}  // namespace weft::proto
