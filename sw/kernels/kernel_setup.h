#pragma once
// A launch as what its PEs are given, whichever kernel it is, and where its results are found after the run.
#include <cstdint>
#include <memory>
#include <vector>

#include "hw/fabric/launch_programs.h"
#include "hw/pe/array_setup.h"
#include "hw/spec/machine.h"

namespace weft::sw {

class KernelSetup {
 public:
  explicit KernelSetup(hw::ArraySetup setup) : array(std::move(setup)) {}
  virtual ~KernelSetup() = default;

  hw::ArraySetup array;

  /// Bits in the order of ProgramLaunch::results, every fp32 NaN canonical. Precondition: the run has finished.
  virtual std::vector<std::uint32_t> results(const hw::ArrayRun& run) const = 0;
  /// True: results are fp32, else halves.
  virtual bool results_are_fp32() const { return false; }
};

/// Programs, routes, memory and edge streams of a launch. Throws UsageError if its operands do not fit into a PE.
std::unique_ptr<KernelSetup> set_up(const hw::MachineSpec& machine, const hw::ProgramLaunch& launch);

/// Throws UsageError if `words` words of operands do not fit beside a PE's code.
void check_room(const hw::MachineSpec& machine, std::int64_t words);

/// `results` with every fp32 NaN canonical, as the machine's arithmetic gives it.
std::vector<std::uint32_t> canonical(std::vector<std::uint32_t> results, bool fp32);

}  // namespace weft::sw
