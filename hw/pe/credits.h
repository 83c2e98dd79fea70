#pragma once
// Room in a queue, seen by its sender: the cycle from which each slot may be used.
#include "hw/pe/ring_queue.h"
#include "hw/pe/wavelet.h"

namespace weft::hw {

class Credits {
 public:
  explicit Credits(int depth) : usable_(depth), untouched_(depth) {}

  /// Earliest cycle in which the next wavelet may be sent as far as room goes; `never` until a slot is promised.
  Cycle earliest() const { return untouched_ > 0 ? 0 : usable_.empty() ? never : usable_.front(); }
  /// Precondition: earliest() is not `never`.
  void use() {
    if (untouched_ > 0) {
      --untouched_;
    } else {
      usable_.pop();
    }
  }
  /// A slot is free from `cycle`; in the order of time. Precondition: it was used.
  void give(Cycle cycle) { usable_.push(cycle); }

 private:
  RingQueue<Cycle> usable_;
  int untouched_;  ///< slots, free from cycle 0 on
};

}  // namespace weft::hw
