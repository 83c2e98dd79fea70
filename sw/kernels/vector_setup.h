#pragma once
// A launch that loads vectors of its features (a norm's gain and shift): what comes along a row is stored by each of
// its PEs, a LIST16 a round. hw/fabric/stream_reduce.h with FabricTiming::storing() is its time.
#include "sw/kernels/kernel_setup.h"

namespace weft::sw {

class VectorSetup : public KernelSetup {
 public:
  /// `stream` [rounds][features], fp16 bits. `edge` [rounds][chain]: the cycle before a row's first wavelet of the
  /// round may enter. Throws UsageError if a PE's vectors do not fit into its SRAM.
  VectorSetup(const hw::MachineSpec& machine, const hw::LaunchMap& map, const std::vector<std::uint16_t>& stream,
              const std::vector<std::int32_t>& edge);

  std::vector<std::uint32_t> results(const hw::ArrayRun& run) const override;

 private:
  int features_of(int row) const { return map_.wavelets[static_cast<std::size_t>(row)]; }
  void add_program(hw::Program& program, int row, int column) const;
  void feed(int row, const std::vector<std::uint16_t>& stream, const std::vector<std::int32_t>& edge);

  hw::LaunchMap map_;
};

}  // namespace weft::sw
