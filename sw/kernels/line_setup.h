#pragma once
// A line kernel on the PEs that hold its operands: hw/kernels, with the routes that its programs' colors take.
#include "hw/kernels/line_kernels.h"
#include "sw/kernels/kernel_setup.h"

namespace weft::sw {

class LineSetup : public KernelSetup {
 public:
  /// Throws UsageError if a PE's operands do not fit into its SRAM.
  LineSetup(const hw::MachineSpec& machine, const hw::ProgramLaunch& launch);

  std::vector<std::uint32_t> results(const hw::ArrayRun& run) const override;

 private:
  void add_program(const hw::LineProgram& line, int row, int column);
  void place_operands(hw::LinePrograms& programs, const hw::ProgramLaunch& launch);
  /// fp32 values of the block, those that the windows have.
  void place_windows(hw::LinePrograms& programs, std::size_t operand, const std::vector<std::uint32_t>& values);

  struct Written {
    bool fp32;
    std::vector<int> address;  ///< word in each PE, [row][column]
  };

  hw::BlockMap block_;
  std::vector<Written> written_;
};

}  // namespace weft::sw
