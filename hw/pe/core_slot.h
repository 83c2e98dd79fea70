#pragma once
// One thing that a core did.
#include "hw/pe/wavelet.h"

namespace weft::hw {

/// First cycle of an issue, an element of DRAIN or STORE, a control wavelet, a branch.
struct CoreSlot {
  Cycle at = 0;
  int thread = 0;
  int instruction = 0;  ///< of the control wavelet that started a task: its entry
  bool took = false;    ///< a wavelet of color `taken`
  int taken = 0;
  bool sent = false;  ///< `wavelet`, which may leave the router from `at` + 1 + ramp
  Wavelet wavelet;

  void take(int color) {
    took = true;
    taken = color;
  }

  friend bool operator==(const CoreSlot& a, const CoreSlot& b) {
    return a.at == b.at && a.thread == b.thread && a.instruction == b.instruction && a.took == b.took &&
           a.taken == b.taken && a.sent == b.sent && (!a.sent || a.wavelet == b.wavelet);
  }
};

}  // namespace weft::hw
