#pragma once
// Keeps the times of a matrix launch inside their 32 bits. A round ends no later than a bound after all that was there
// before it, so it is enough to look at the times once in so many rounds (tlm/base/checked.h: the range's two halves).
#include "hw/fabric/launch_map.h"
#include "hw/spec/machine.h"

namespace weft::hw {

class LaunchWindow {
 public:
  LaunchWindow() = default;
  LaunchWindow(const MachineSpec& machine, const EdgeLayout& layout, const LaunchMap& map);

  /// No time of a round is so many cycles later than every time, and every word at an edge, before it.
  Cycle longest_round() const { return longest_round_; }
  /// One more round begins. True: the latest time must be looked at before it. Throws TimeOverflow if one round alone
  /// may be too long.
  bool look_before_round();

 private:
  Cycle longest_round_ = 1;
  int rounds_ = 0;  ///< since the last look
};

}  // namespace weft::hw
