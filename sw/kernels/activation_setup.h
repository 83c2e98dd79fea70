#pragma once
// ReLU, dropout and their derivative on the PEs that hold the values. No PE speaks to another.
#include "sw/kernels/kernel_setup.h"

namespace weft::sw {

class ActivationSetup : public KernelSetup {
 public:
  /// An activation or activation_backward. Throws UsageError if a PE's operands do not fit into its SRAM.
  ActivationSetup(const hw::MachineSpec& machine, const hw::ProgramLaunch& launch);

  std::vector<std::uint32_t> results(const hw::ArrayRun& run) const override;

 private:
  void add_program(hw::Program& program, bool backward, int features, int tokens) const;
  /// Scalars of dropout in the memory of a PE.
  void place_scalars(hw::Sram& memory, int row, int column) const;

  hw::BlockMap block_;
  hw::Dropout dropout_;
  // Word addresses; what is worked on stands at 0: the activation of a backward pass; random bits of one feature, fp32
  // sized [tokens]; scalars.
  int second_, bits_, scalars_;
};

}  // namespace weft::sw
