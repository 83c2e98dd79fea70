#pragma once
// The core's side of the ramp: a queue per color of what has arrived, and from when the core may take it.
#include "hw/pe/by_color.h"
#include "hw/pe/ring_queue.h"
#include "hw/pe/wavelet.h"

namespace weft::hw {

struct Arrival {
  Wavelet wavelet;
  Cycle available;
};

class InputQueues {
 public:
  InputQueues(int colors, int depth) : queues_(colors, RingQueue<Arrival>(depth)) {}

  RingQueue<Arrival>& operator[](int color) { return queues_[color]; }
  const RingQueue<Arrival>& operator[](int color) const { return queues_[color]; }
  int colors() const { return queues_.colors(); }

  /// From when the head of `color` may be taken, if there is one and it is a control wavelet or not; else `never`.
  Cycle head(int color, bool control) const {
    const auto& queue = (*this)[color];
    return queue.empty() || queue.front().wavelet.control != control ? never : queue.front().available;
  }

 private:
  ByColor<RingQueue<Arrival>> queues_;
};

}  // namespace weft::hw
