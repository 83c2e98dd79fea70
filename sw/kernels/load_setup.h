#pragma once
// The samples' and labels' way in: the words of a row's PEs stand behind each other, the nearest column's first. A PE
// takes its own; the control wavelet behind them moves its switch, and what follows passes it by.
#include "hw/fabric/local_times.h"
#include "sw/kernels/kernel_setup.h"

namespace weft::sw {

class LoadSetup : public KernelSetup {
 public:
  /// A launch of the load form. Throws UsageError if a PE's words do not fit into its SRAM.
  LoadSetup(const hw::MachineSpec& machine, const hw::ProgramLaunch& launch);

  std::vector<std::uint32_t> results(const hw::ArrayRun& run) const override;

 private:
  void add_program(hw::Program& program, int row, int column) const;
  /// What a PE's memory shall hold, as it comes in: samples [features][tokens], then labels.
  std::vector<std::uint32_t> words_of(const hw::ProgramLaunch& launch, int row, int column) const;
  int sample_words(int row, int column) const;
  int label_words(int row, int column) const;

  int features_of(int row) const { return shape_.features_of(block_.rectangle.height, row); }

  hw::BlockMap block_;
  hw::LoadShape shape_;
  int label_address_;
};

}  // namespace weft::sw
