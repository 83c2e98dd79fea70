#pragma once
// The delta with the weights that a forward pass kept: every PE adds up its own inputs' sums and rounds them at the
// end. Deltas travel as in the gradient's launch (matrix_colors.h).
#include "sw/kernels/kernel_setup.h"

namespace weft::sw {

class RetainedSetup : public KernelSetup {
 public:
  /// `deltas` [rounds][tokens], `weights` [rounds][features without the bias], fp16 bits.
  /// Throws UsageError if a PE's operands do not fit into its SRAM.
  RetainedSetup(const hw::MachineSpec& machine, const hw::LaunchMap& map, const std::vector<std::uint16_t>& deltas,
                const std::vector<std::uint16_t>& weights);

  std::vector<std::uint32_t> results(const hw::ArrayRun& run) const override;

 private:
  int own_tokens(int column) const { return token_first_[static_cast<std::size_t>(column) + 1] - token_first(column); }
  int token_first(int column) const { return token_first_[static_cast<std::size_t>(column)]; }
  void add_program(hw::Program& program, int column, int position) const;
  void place(const std::vector<std::uint16_t>& deltas, const std::vector<std::uint16_t>& weights);

  hw::LaunchMap map_;
  std::vector<int> token_first_, feature_first_;  ///< [columns + 1], [positions + 1]
  // Word addresses, the same in every PE: fp32 [features][tokens]; fp16 [rounds][features], [owned rounds][tokens],
  // [features][tokens].
  int sums_ = 0, weights_ = 0, deltas_ = 0, halves_ = 0;
};

}  // namespace weft::sw
