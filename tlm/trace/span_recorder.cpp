#include "tlm/trace/span_recorder.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "tlm/base/error.h"

namespace weft::proto {

TrackId SpanRecorder::track(const std::string& path, const std::string& scope, TrackValues values) {
  const bool kept = selection_.keeps(path, scope);
  if (begun_) throw SimulationError("trace: the track " + path + " was declared when the run had begun");
  if (!kept) return -1;
  if (!known_.insert(path).second) throw SimulationError("trace: the track " + path + " was declared twice");
  tracks_.push_back({path, scope, values});
  ends_.push_back(0);
  return static_cast<TrackId>(tracks_.size()) - 1;
}

std::uint64_t SpanRecorder::name(const std::string& text) {
  const auto [place, is_new] = values_.emplace(text, names_.size());
  if (is_new) {
    names_.push_back(text);
    std::replace(names_.back().begin(), names_.back().end(), ' ', '_');
  }
  return place->second;
}

std::string SpanRecorder::layer(int index) const {
  const auto at = static_cast<std::size_t>(index);
  return index >= 0 && at < layers_.size() ? layers_[at] : "";
}

void SpanRecorder::span(TrackId track, Picosecond begin, Picosecond end, std::uint64_t value) {
  if (track < 0 || begin >= end) return;
  if (begin < written_) {
    ++late_;
    begin = written_;
    if (begin >= end) return;
  }
  if (spans_.size() >= limit_) {
    complete_until_ = dropped_ == 0 ? begin : std::min(complete_until_, begin);
    ++dropped_;
    return;
  }
  end_ = std::max(end_, end);
  spans_.push_back({track, value, begin, end});
}

int SpanRecorder::source() {
  promises_.push_back(0);
  return static_cast<int>(promises_.size()) - 1;
}

void SpanRecorder::settled(int source, Picosecond until) {
  Picosecond& promise = promises_[static_cast<std::size_t>(source)];
  promise = std::max(promise, until);
  const Picosecond all = *std::min_element(promises_.begin(), promises_.end());
  if (!begun_ || all <= written_) return;
  write_until(all);
  sink_.flush(all);
}

void SpanRecorder::begin() {
  selection_.require_used();
  begun_ = true;
  sink_.begin(tracks_);
  sink_.flush(0);
}

void SpanRecorder::finish() {
  if (!begun_) return;
  write_until(std::numeric_limits<Picosecond>::max());
  sink_.flush(end_);
}

void SpanRecorder::change(Picosecond at, TrackId track, std::uint64_t value) {
  if (tracks_[static_cast<std::size_t>(track)].values == TrackValues::numbers) return sink_.number(at, track, value);
  sink_.name(at, track, names_[static_cast<std::size_t>(value)]);
}

// A span at whose end the next of its track begins changes there once, not by way of idle.
void SpanRecorder::write_ends_before(Picosecond until) {
  for (; !open_.empty() && open_.top().first < until; open_.pop()) {
    const auto [end, track] = open_.top();
    if (ends_[static_cast<std::size_t>(track)] == end) change(end, track, 0);
  }
}

void SpanRecorder::write_until(Picosecond until) {
  const auto later = std::partition(spans_.begin(), spans_.end(), [until](const Span& s) { return s.begin < until; });
  std::sort(spans_.begin(), later,
            [](const Span& a, const Span& b) { return a.begin != b.begin ? a.begin < b.begin : a.track < b.track; });
  for (auto span = spans_.begin(); span != later; ++span) {
    write_ends_before(span->begin);
    Picosecond& end = ends_[static_cast<std::size_t>(span->track)];
    if (span->begin < end)
      throw SimulationError(fmt::format("trace: two spans of {} overlap at {} ps",
                                        tracks_[static_cast<std::size_t>(span->track)].path, span->begin));
    change(span->begin, span->track, span->value);
    end = span->end;
    open_.emplace(span->end, span->track);
  }
  write_ends_before(until);
  spans_.erase(spans_.begin(), later);
  written_ = until;
}

}  // namespace weft::proto
