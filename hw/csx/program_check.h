#pragma once
// Collects what a launch needs to be run as PE programs, and runs it when the launch ends.
#include <vector>

#include "hw/csx/lane_timers.h"
#include "hw/fabric/launch_programs.h"
#include "hw/wafer/wafer.h"

namespace weft::hw {

class ProgramCheck {
 public:
  /// `programs` null: every call does nothing.
  ProgramCheck(LaunchPrograms* programs, Wafer& wafer, const Job& job, int system, int lane_pitch)
      : programs_(programs), wafer_(wafer), job_(job), system_(system), lane_pitch_(lane_pitch) {}

  /// Before the values of the launch that the wafer has open change. What follows does nothing for a launch without
  /// programs.
  void open(const Launch& launch, std::int64_t step, Cycle start);
  /// Words of the stream as the edge had them, in order.
  void stream(const std::uint16_t* halves, std::size_t count);
  /// Sums that left a lane, in order.
  void leaving(int lane, const float* sums, std::size_t count);
  /// Returns when the launch ended: not before `end`, up to which the books are kept.
  Cycle close(const LaneTimers& timers, Cycle end);

 private:
  void keep(const MatrixLayer& layer);

  LaunchPrograms* programs_;
  Wafer& wafer_;
  const Job& job_;
  int system_, lane_pitch_;
  Launch launch_;
  bool active_ = false;
  std::vector<ProgramLaunch> lanes_;
  std::vector<std::uint16_t> kept_;  ///< weights of the last retain_forward, [outputs][inputs]
};

}  // namespace weft::hw
