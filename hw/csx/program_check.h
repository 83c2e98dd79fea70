#pragma once
// Collects what a launch needs to be run as PE programs, lane by lane, and runs it when the launch ends.
#include <functional>
#include <vector>

#include "hw/fabric/launch_programs.h"
#include "hw/wafer/wafer.h"
#include "tlm/base/instant.h"

namespace weft::hw {

class ProgramCheck {
 public:
  /// `programs` null: every call does nothing.
  ProgramCheck(LaunchPrograms* programs, Wafer& wafer, const Job& job, int system)
      : programs_(programs), wafer_(wafer), job_(job), system_(system) {}

  /// Before the values of the matrix launch that the wafer has open change. What follows does nothing for a launch
  /// without programs.
  void open_matrix(const Launch& launch, std::int64_t step, RunCycle start);
  /// The same of a line kernel; `settings` of the whole wafer's tokens.
  void open_line(const Launch& launch, const LineSettings& settings, std::int64_t step, RunCycle start);
  /// Samples [tokens][features] and labels [tokens] of all lanes on their way in.
  void open_load(const std::uint16_t* samples, const std::int32_t* labels, std::int64_t step, RunCycle start);
  /// Words of the stream as the edge had them, in order.
  void stream(const std::uint16_t* halves, std::size_t count);
  /// Sums that left a lane, in order.
  void leaving(int lane, const float* sums, std::size_t count);
  /// ProgramLaunch::edge of a lane.
  using EdgeOfLane = std::function<std::vector<std::int32_t>(int lane)>;
  /// `edge` null: no words from the edge. Returns when the launch ended: not before `end`, up to which the books are
  /// kept.
  Cycle close(const EdgeOfLane& edge, Cycle end);

 private:
  bool begin(const Launch& launch, std::int64_t step, RunCycle start);
  ProgramLaunch& data(int lane) { return lanes_[static_cast<std::size_t>(lane)]; }
  void take_results(int lane);
  /// Of an operand of the launch, as it stands.
  std::vector<std::uint32_t> operand_bits(Lane& lane, const LineOperand& operand) const;
  void keep(const MatrixLayer& layer);

  LaunchPrograms* programs_;
  Wafer& wafer_;
  const Job& job_;
  int system_;
  Launch launch_;
  bool active_ = false;
  std::vector<ProgramLaunch> lanes_;
  std::vector<std::uint16_t> kept_;  ///< weights of the last retain_forward, [outputs][inputs]
};

}  // namespace weft::hw
