#pragma once
// The one way in which models say what they do over time. Models hold a Recorder&; a run without a trace
// gives them the null recorder. Spans may come in any order of time; sinks sort before they write.
#include <cstdint>
#include <string>

#include "tlm/base/units.h"

namespace weft::proto {

using TrackId = int;

class Recorder {
 public:
  virtual ~Recorder() = default;

  /// Declares a track, e.g. path "cluster.memoryx.server3.link", `scope` one of phases, links, pes.
  /// Returns its id, or -1 if the run does not record this scope (span() then ignores it).
  virtual TrackId track(const std::string& path, const std::string& scope) = 0;

  /// The track had `value` in [begin, end); outside all spans its value is 0. Spans of one track do not overlap.
  virtual void span(TrackId track, Picosecond begin, Picosecond end, std::uint32_t value) = 0;

  /// True if spans of any scope are kept: lets a model skip work that only a trace needs.
  virtual bool active() const = 0;
};

/// Records nothing.
class NullRecorder final : public Recorder {
 public:
  TrackId track(const std::string&, const std::string&) override { return -1; }
  void span(TrackId, Picosecond, Picosecond, std::uint32_t) override {}
  bool active() const override { return false; }
};

}  // namespace weft::proto
