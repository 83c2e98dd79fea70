#include "tlm/block/link.h"

#include <algorithm>

#include "tlm/base/checked.h"

namespace weft::proto {

Picosecond Link::send(Picosecond ready, Bytes bytes) {
  constexpr const char *what = "the time of a block on a link", *unit = "ps";
  const Picosecond duration = checked_ceil(static_cast<double>(bytes) * 8000.0 / gbps_, what, unit);
  last_start_ = std::max(ready, free_);
  free_ = checked_add(last_start_, duration, what, unit);
  busy_ps_ += duration;
  bytes_ += bytes;
  return checked_add(free_, latency_ps_, what, unit);
}

}  // namespace weft::proto
