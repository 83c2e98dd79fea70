#pragma once
// Collects what a launch needs to be run as PE programs, and runs it when the launch ends.
#include <vector>

#include "hw/fabric/launch_programs.h"
#include "hw/wafer/wafer.h"

namespace weft::hw {

class ProgramCheck {
 public:
  /// `programs` null: every call does nothing.
  ProgramCheck(LaunchPrograms* programs, Wafer& wafer, const Job& job, int system)
      : programs_(programs), wafer_(wafer), job_(job), system_(system) {}

  /// Before the launch's values change. What follows does nothing for a launch without programs.
  void open(const LaunchMap& map, const Launch& launch, std::int64_t step, Cycle start);
  /// The same for a kernel that works on the block [features][tokens] of a layer's outputs.
  void open(const BlockMap& block, const Dropout& dropout, const Launch& launch, std::int64_t step, Cycle start);
  /// Samples [tokens][features] and labels [tokens] on their way in.
  void open_load(const BlockMap& block, const std::uint16_t* samples, const std::int32_t* labels, std::int64_t step,
                 Cycle start);
  /// Words of the stream as the edge had them, in order.
  void stream(const std::uint16_t* halves, std::size_t count);
  /// Sums that left the wafer, in order.
  void leaving(const float* sums, std::size_t count);
  /// `edge`: see ProgramLaunch; empty without a stream from the edge. Returns when the launch ended: not before `end`,
  /// up to which the books are kept.
  Cycle close(const std::vector<std::int32_t>& edge, Cycle end);

 private:
  bool begin(const Launch& launch, std::int64_t step, Cycle start);
  void take_results();
  void keep(const MatrixLayer& layer);

  LaunchPrograms* programs_;
  Wafer& wafer_;
  const Job& job_;
  int system_;
  Launch launch_;
  bool active_ = false;
  ProgramLaunch data_;
  std::vector<std::uint16_t> kept_;  ///< weights of the last retain_forward, [outputs][inputs]
};

}  // namespace weft::hw
