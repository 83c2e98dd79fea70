#pragma once
// Exact fast-forward inside a round's stream. When all times of as many wavelets as the recurrences look back over are
// as much later with each, and no sum on a ramp is near, the next ones keep that distance: they are added, not
// simulated. Only of a part without neighbours along the line, whose times would be their own.
#include <cstdint>

#include "hw/fabric/stream_reduce.h"

namespace weft::hw {

/// Streams a line's round as StreamReduce::stream() does. Returns how many times of a wavelet at a PE were added.
std::int64_t stream_in_runs(StreamReduce& engine, int line, const StreamReduce::Source& source);
/// The same of all lines of a round, and of the sum as StreamReduce::stream() does.
std::int64_t stream_in_runs(StreamReduce& engine, const StreamReduce::Source& source, const std::int32_t* sink_ready,
                            int owner_line);

}  // namespace weft::hw
