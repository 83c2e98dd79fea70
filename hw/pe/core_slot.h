#pragma once
// One thing that a core did.
#include <cstdint>

#include "hw/pe/wavelet.h"

namespace weft::hw {

/// What the thread's slot had waited for last, of several the first one here.
enum class Held : std::uint8_t {
  busy,     ///< the core: this thread's slot before, or the receiver's
  ready,    ///< the vector that writes what this one reads
  start,    ///< the task's start
  room,     ///< in the queue to the router
  wavelet,  ///< that it takes
};

/// First cycle of an issue, an element of DRAIN or STORE, a control wavelet, a branch.
struct CoreSlot {
  Cycle at = 0;
  int thread = 0;
  int instruction = 0;  ///< of the control wavelet that started a task: its entry
  bool took = false;    ///< a wavelet of color `taken`
  int taken = 0;
  bool sent = false;  ///< `wavelet`, which may leave the router from `at` + 1 + ramp
  Wavelet wavelet;
  Held held = Held::busy;
  bool issues = false;  ///< a vector that writes to memory
  Cycle until = 0;      ///< first cycle of the thread's next one, if nothing else holds it up

  void take(int color) {
    took = true;
    taken = color;
  }

  /// What a tile shows of it.
  friend bool operator==(const CoreSlot& a, const CoreSlot& b) {
    return a.at == b.at && a.thread == b.thread && a.instruction == b.instruction && a.took == b.took &&
           a.taken == b.taken && a.sent == b.sent && (!a.sent || a.wavelet == b.wavelet);
  }
};

}  // namespace weft::hw
