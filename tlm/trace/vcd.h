#pragma once
// Value change dump (IEEE 1364), the format of waveform viewers. One 32-bit register per track, timescale 1 ps.
#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "tlm/trace/span_recorder.h"

namespace weft::proto {

/// Writes all tracks, scopes from the dots of their paths, changes sorted by time. `comments` go into the header, one
/// line each. Throws SimulationError if two spans of one track overlap.
void write_vcd(std::ostream& stream, const SpanRecorder& recorder, const std::vector<std::string>& comments = {});

/// Total time with a value other than 0, and the number of changes, per dotted path. A value that the file never ends
/// does not count.
struct VcdTrack {
  Picosecond busy = 0;
  std::int64_t changes = 0;
  std::map<std::uint32_t, Picosecond> busy_of_value;
};

/// Reads any VCD of registers with binary values of at most 32 bits and timescale 1 ps.
/// Throws UsageError on anything else (unknown values, undeclared codes, time that runs backwards).
std::map<std::string, VcdTrack> read_vcd(std::istream& stream);

}  // namespace weft::proto
