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

  /// visit(column, index in the PE's part, place in the whole) of numbers of each head and token, which row 0 holds.
  template <typename Visit>
  void for_each_of_heads(Visit&& visit) const {
    std::size_t at = 0;
    for (int head = 0; head < block_.together; ++head)
      for (int column = 0; column < block_.columns(); ++column)
        for (int token = 0; token < block_.tokens_of(column); ++token, ++at)
          visit(column, head * block_.tokens_of(column) + token, at);
  }

  struct Written {
    bool fp32, of_heads;
    std::vector<int> address;  ///< word in each PE, [row][column]; of_heads: of row 0
  };

  hw::BlockMap block_;
  std::vector<Written> written_;
};

}  // namespace weft::sw
