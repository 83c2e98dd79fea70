#pragma once
// Value change dump (IEEE 1364), the format of waveform viewers. One 32-bit register per track, timescale 1 ps.
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "tlm/trace/span_recorder.h"

namespace weft::proto {

/// Writes all tracks, scopes from the dots of their paths, changes sorted by time.
/// Throws SimulationError if two spans of one track overlap.
void write_vcd(std::ostream& stream, const SpanRecorder& recorder);

/// Total time with a value other than 0, and the number of changes, per dotted path.
struct VcdTrack {
  Picosecond busy = 0;
  std::int64_t changes = 0;
  std::map<std::uint32_t, Picosecond> busy_of_value;
};

/// Reads back what write_vcd writes (any VCD of registers with binary values). Throws UsageError on anything else.
std::map<std::string, VcdTrack> read_vcd(std::istream& stream);

}  // namespace weft::proto
