#pragma once
// The version of the waveforms that a run writes: which tracks there are and what their values mean. It stands in the
// header, "$version weft weft-trace-2"; those of version 1 say "$version weft" alone.
#include "tlm/base/file_schema.h"

namespace weft::proto {

inline constexpr FileSchema trace_schema{"weft-trace", 2, 1};

}  // namespace weft::proto
