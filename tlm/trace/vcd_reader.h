#pragma once
// What a VCD says of each track, for tests and tools.
#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>

#include "tlm/base/units.h"

namespace weft::proto {

/// Total time with a value other than 0 or "", and the number of changes, per dotted path. A value that the file never
/// ends does not count. `busy_of_value`: by name, or by number in decimal.
struct VcdTrack {
  Picosecond busy = 0;
  std::int64_t changes = 0;
  std::map<std::string, Picosecond> busy_of_value;
};

/// Reads any VCD of strings and of registers with binary values of at most 64 bits and timescale 1 ps.
/// Throws UsageError on anything else (a waveform of weft whose schema trace_schema does not read, unknown values,
/// undeclared codes, time that runs backwards).
std::map<std::string, VcdTrack> read_vcd(std::istream& stream);

}  // namespace weft::proto
