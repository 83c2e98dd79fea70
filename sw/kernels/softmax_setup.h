#pragma once
// Softmax with cross entropy on the PEs that hold the logits: hw/fabric/softmax_program.h in each, with its routes.
#include <vector>

#include "hw/fabric/softmax_program.h"
#include "sw/kernels/kernel_setup.h"

namespace weft::sw {

class SoftmaxSetup : public KernelSetup {
 public:
  /// A softmax_loss. Throws UsageError if a PE's operands do not fit into its SRAM.
  SoftmaxSetup(const hw::MachineSpec& machine, const hw::ProgramLaunch& launch);

  std::vector<std::uint32_t> results(const hw::ArrayRun& run) const override;
  bool results_are_fp32() const override { return true; }

 private:
  hw::SoftmaxProgram program_of(const hw::ProgramLaunch& launch, int row, int column) const;
  void add_routes(hw::Program& program, int row, int column) const;

  hw::BlockMap block_;
  bool train_;
};

}  // namespace weft::sw
