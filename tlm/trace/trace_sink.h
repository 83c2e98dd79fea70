#pragma once
// What takes a trace's changes in the order of time.
#include <string>
#include <vector>

#include "tlm/trace/recorder.h"

namespace weft::proto {

struct Track {
  std::string path;  ///< dotted
  std::string scope;
  TrackValues values = TrackValues::names;
};

class TraceSink {
 public:
  virtual ~TraceSink() = default;
  /// Once, before everything else; all tracks are idle at 0.
  virtual void begin(const std::vector<Track>& tracks) = 0;
  /// `at` never decreases. Of a track of names the name, "" when idle.
  virtual void name(Picosecond at, TrackId track, const std::string& text) = 0;
  /// Of a track of numbers.
  virtual void number(Picosecond at, TrackId track, std::uint64_t value) = 0;
  /// Everything until `until` has come: it can be read from now on, whatever becomes of the program.
  virtual void flush(Picosecond until) = 0;
};

}  // namespace weft::proto
