#pragma once
// Launches of a running training run again as PE programs: collects what each needs, lane by lane, and runs it when the
// launch ends.
#include <deque>
#include <vector>

#include "hw/csx/launch_watch.h"
#include "hw/kernels/line_program.h"
#include "sw/check/head_programs.h"

namespace weft::sw {

class ProgramCheck : public hw::LaunchWatch {
 public:
  /// Of one system. Both outlive this.
  ProgramCheck(hw::LaunchPrograms& programs, const hw::Job& job, int system)
      : programs_(programs), job_(job), system_(system) {}

  void open_matrix(hw::Wafer& wafer, const hw::Launch& launch, const hw::CountedStep& step, RunCycle start) override;
  void open_line(hw::Wafer& wafer, const hw::Launch& launch, const hw::LineSettings& settings,
                 const hw::CountedStep& step, RunCycle start) override;
  void open_attention(hw::Wafer& wafer, const hw::Launch& launch, const hw::LineSettings& settings,
                      const EndInRectangle& end_of, const hw::CountedStep& step, RunCycle start) override;
  void open_load(hw::Wafer& wafer, const hw::Launch& launch, const std::uint16_t* samples, const std::int32_t* labels,
                 const hw::CountedStep& step, RunCycle start) override;
  void stream(const std::uint16_t* halves, std::size_t count) override;
  void leaving(int lane, const float* sums, std::size_t count) override;
  /// Throws as LaunchPrograms::run().
  LaunchCycle close(const EdgeOfLane& edge, LaunchCycle end) override;

 private:
  /// False: nobody wants this launch, and what follows does nothing.
  bool begin(hw::Wafer& wafer, const hw::Launch& launch, const hw::CountedStep& step, RunCycle start);
  hw::ProgramLaunch& data(int lane) { return lanes_[static_cast<std::size_t>(lane)]; }
  void take_results(int lane);
  LaunchCycle run_heads();
  /// Of an operand of the launch, as it stands.
  std::vector<std::uint32_t> operand_bits(hw::Lane& lane, const hw::OperandTensors& tensors,
                                          const hw::LineOperand& operand) const;
  /// One of its tokens' ids.
  static std::vector<std::uint32_t> ids_of(hw::Lane& lane, int tensor, int feature);
  void append_tensor(hw::Lane& lane, int tensor, bool fp32, std::vector<std::uint32_t>& bits) const;
  void keep(const hw::MatrixLayer& layer);

  hw::LaunchPrograms& programs_;
  const hw::Job& job_;
  int system_;
  hw::Wafer* wafer_ = nullptr;  ///< of the launch that is open
  hw::Launch launch_;
  bool active_ = false;
  std::vector<hw::ProgramLaunch> lanes_;
  std::deque<HeadPrograms> heads_;   ///< by lane, in place of the lanes' own; not of attention: none
  std::vector<std::uint16_t> kept_;  ///< weights of the last retain_forward, [outputs][inputs]
};

}  // namespace weft::sw
