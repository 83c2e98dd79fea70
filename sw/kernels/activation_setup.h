#pragma once
// ReLU and its derivative on the PEs that hold the values. No PE speaks to another.
#include "sw/kernels/kernel_setup.h"

namespace weft::sw {

class ActivationSetup : public KernelSetup {
 public:
  /// An activation or activation_backward. Throws UsageError if a PE's operands do not fit into its SRAM.
  ActivationSetup(const hw::MachineSpec& machine, const hw::ProgramLaunch& launch);

  std::vector<std::uint32_t> results(const hw::ArrayRun& run) const override;

 private:
  hw::BlockMap block_;
};

}  // namespace weft::sw
