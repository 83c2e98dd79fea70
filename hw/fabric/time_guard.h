#pragma once
// Keeps the times of a launch that an engine times inside their 32 bits. A round ends no later than a bound after all
// that was there before it, so it is enough to look at the times once in so many rounds (tlm/base/checked.h: the
// range's two halves).
#include "hw/fabric/launch_map.h"
#include "hw/spec/machine.h"

namespace weft::hw {

class TimeGuard {
 public:
  static constexpr const char* attention = "the time that a launch of attention takes";

  TimeGuard() = default;
  TimeGuard(const MachineSpec& machine, const EdgeLayout& layout, const LaunchMap& map);
  /// Of a launch without traffic at the edge.
  TimeGuard(const MachineSpec& machine, const LaunchMap& map);

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
