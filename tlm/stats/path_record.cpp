#include "tlm/stats/path_record.h"

#include <map>

#include "tlm/base/clock_crossing.h"

namespace weft::proto {

StepPath path_of(const Cause& event, RunCycle begin, RunCycle end, const Clock& clock) {
  // The edge that a time lies on or behind; to_ps() rounds up, so an edge is its own.
  const auto edge = [&](Picosecond at) {
    constexpr Picosecond whole = picoseconds_per_microsecond;
    return std::clamp(RunCycle(at / whole * clock.mega_hertz + at % whole * clock.mega_hertz / whole), begin, end);
  };
  StepPath path;
  path.begin = begin;
  path.end = end;
  std::map<std::pair<Limiter, WorkOf>, PathSegment> segments;
  RunCycle reached = end;
  event.walk(to_ps(clock, begin), [&](Limiter limiter, const WorkOf& work, Picosecond from, Picosecond) {
    const RunCycle first = edge(from);
    if (first >= reached) return;
    PathSegment& segment = segments[{limiter, work}];
    segment.limiter = limiter;
    segment.work = work;
    segment.first = first;
    segment.cycles += reached - first;
    reached = first;
  });
  for (const auto& [key, segment] : segments) path.segments.push_back(segment);
  if (reached > begin) path.segments.push_back({Limiter::host, {}, begin, reached - begin});
  std::stable_sort(path.segments.begin(), path.segments.end(),
                   [](const PathSegment& a, const PathSegment& b) { return a.first < b.first; });
  return path;
}

}  // namespace weft::proto
