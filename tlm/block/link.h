#pragma once
#include "tlm/base/units.h"

namespace weft::proto {

/// One direction of a serial link: bandwidth and latency. One sender; sends are in the order of calls.
class Link {
 public:
  Link(double gbps, Picosecond latency_ps) : gbps_(gbps), latency_ps_(latency_ps) {}
  /// The last byte of `bytes`, ready at `ready`, is at the far end at the returned time:
  /// max(ready, free) + ceil(bytes * 8 / rate) + latency; and the link is free after the serialisation. TimeOverflow.
  Picosecond send(Picosecond ready, Bytes bytes);
  Bytes bytes() const { return bytes_; }
  Picosecond busy_ps() const { return busy_ps_; }
  Picosecond start_of_last() const { return last_start_; }
  /// End of the last byte at this end.
  Picosecond free_at() const { return free_; }

 private:
  double gbps_;
  Picosecond latency_ps_, free_ = 0, busy_ps_ = 0, last_start_ = 0;
  Bytes bytes_ = 0;
};

}  // namespace weft::proto
