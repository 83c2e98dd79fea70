#pragma once
// Products whose sums stay: with each scalar of a round's stream every PE adds a multiple of that round's vector to its
// sums of that scalar's place, and rounds them at the end. The vector stands in every PE (the retained delta: weights
// that a forward pass kept) or comes across the lines first, from the line that owns the round (attention's values:
// scores). Streams travel as in matrix_colors.h.
#include "sw/kernels/kernel_setup.h"
#include "sw/kernels/round_program.h"

namespace weft::sw {

class OuterSetup : public KernelSetup {
 public:
  /// `stream` [rounds][scalars], `vectors` [rounds][elements], fp16 bits, over all lines and positions; `sums`: in the
  /// order of results, fp32 bits that sums begin with, or empty.
  /// Throws UsageError if a PE's operands do not fit into its SRAM.
  OuterSetup(const hw::MachineSpec& machine, const hw::LaunchMap& map, const std::vector<std::uint16_t>& stream,
             const std::vector<std::uint16_t>& vectors, const std::vector<std::uint32_t>& sums);

  std::vector<std::uint32_t> results(const hw::ArrayRun& run) const override;
  bool results_are_fp32() const override { return map_.keeps_sums; }

 private:
  int elements_of(int position) const { return map_.elements[static_cast<std::size_t>(position)]; }
  bool vectors_come() const { return map_.vector_owners.any(); }
  int first_vector(int line) const { return vectors_come() ? map_.vector_owners.first(line) : 0; }
  int vectors_of(int line) const { return vectors_come() ? map_.vector_owners.count(line) : map_.rounds; }
  std::vector<RoundBody> rounds_of(int line, int position) const;
  void add_program(hw::Program& program, int line, int position) const;
  void add_vector(ProgramBuilder& builder, int position, const RoundBody& round) const;
  hw::Instruction multiply(int line, int position, const RoundBody& round) const;
  void place(const std::vector<std::uint16_t>& stream, const std::vector<std::uint16_t>& vectors);
  /// visit(PE, place of a sum in it), in the order of results.
  template <typename Visit>
  void each_sum(Visit&& visit) const;

  hw::LaunchMap map_;
  int input_queue_;
  std::vector<int> scalar_first_, element_first_;  ///< [chain], [positions]
  // Word addresses, the same in every PE: fp32 [elements][scalars]; fp16 [vectors of the PE][elements], one vector that
  // has come, [own rounds][scalars], [elements][scalars], [rounds of the PE]{first, count} of a window.
  int sums_ = 0, vectors_ = 0, come_ = 0, sent_ = 0, halves_ = 0, windows_ = 0;
};

}  // namespace weft::sw
