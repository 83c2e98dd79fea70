#pragma once
// The core's side of the ramp: a queue per color of what has arrived, and from when the core may take it.
#include <vector>

#include "hw/pe/ring_queue.h"
#include "hw/pe/wavelet.h"

namespace weft::hw {

struct Arrival {
  Wavelet wavelet;
  Cycle available;
};

class InputQueues {
 public:
  InputQueues(int colors, int depth) : queues_(static_cast<std::size_t>(colors), RingQueue<Arrival>(depth)) {}

  RingQueue<Arrival>& operator[](int color) { return queues_[static_cast<std::size_t>(color)]; }
  const RingQueue<Arrival>& operator[](int color) const { return queues_[static_cast<std::size_t>(color)]; }
  int colors() const { return static_cast<int>(queues_.size()); }

  /// From when the head of `color` may be taken, if there is one and it is a control wavelet or not; else `never`.
  Cycle head(int color, bool control) const {
    const auto& queue = (*this)[color];
    return queue.empty() || queue.front().wavelet.control != control ? never : queue.front().available;
  }

 private:
  std::vector<RingQueue<Arrival>> queues_;
};

}  // namespace weft::hw
