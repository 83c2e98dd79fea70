#pragma once
// `weft crosscheck`: kernels on Verilated tiles, on the PE model and by recurrence.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sw/crosscheck/cross_table.h"

namespace weft::sw {

class CrosscheckCommand {
 public:
  /// Adds the command and its flags to `app`; both must outlive the parsing.
  explicit CrosscheckCommand(CLI::App& app);

  bool chosen() const { return static_cast<bool>(*command_); }
  /// Returns the exit code: 0, or 1 if something does not agree. `root` holds hw/machines. Throws UsageError and
  /// SimulationError.
  int run(const std::filesystem::path& root) const;

 private:
  CrossCase single_case() const;
  CrossCase sweep_case(const std::vector<hw::KernelKind>& kernels, int index) const;
  HalfFormat format() const;
  /// Those that the flags leave. Throws UsageError if --kernel is none of them.
  std::vector<hw::KernelKind> kernels() const;
  /// `no_tiles`: see CrossTable.
  CrossTable run_one(const hw::MachineSpec& machine, const std::string& no_tiles) const;
  CrossTable run_sweep(const hw::MachineSpec& machine, const std::string& no_tiles) const;

  CLI::App* command_;
  std::string kernel_, shape_, stalls_ = "none", machine_ = "mini", format_ = "fp16";
  std::vector<std::string> machine_sets_;
  int cases_ = 600, largest_ = 8, threads_ = 1;
  std::uint32_t seed_ = 1;
  int zeros_ = 0;
  bool no_bias_ = false, half_sums_ = false;
  int queries_ = 1;
  hw::AttentionMask mask_;
  bool windows_ = false;
  std::filesystem::path json_, vcd_;
};

}  // namespace weft::sw
