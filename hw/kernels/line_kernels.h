#pragma once
// The line kernels, one row each. To add one: see ARCHITECTURE.md,
// "I want to add RMS norm".
#include <deque>

#include "hw/kernels/line_program.h"

namespace weft::hw {

struct LineKernel {
  KernelKind kind;
  LineProgram (*program)(const LinePe& pe, const LineSettings& settings);
  /// ProgramLaunch::results in plain loops over whole arrays: what the programs must give, told without them.
  std::vector<std::uint32_t> (*plain)(const ProgramLaunch& launch);
};

/// Precondition: `kind` is a line kernel.
const LineKernel& line_kernel(KernelKind kind);

/// The programs of a launch, one of each kind of PE; the columns of a kind differ in constants alone.
class LinePrograms {
 public:
  LinePrograms(KernelKind kind, const LineSettings& settings, const BlockMap& block);
  explicit LinePrograms(const ProgramLaunch& launch) : LinePrograms(launch.kind, launch.line, launch.block) {}

  const BlockMap& block() const { return block_; }
  /// Throws UsageError if the PE holds more elements than an instruction has.
  const LineProgram& of(int row, int column);
  /// Whether its PEs speak to each other.
  bool meet();

 private:
  struct Entry {
    LinePe pe;
    LineProgram program;
  };

  KernelKind kind_;
  LineSettings settings_;
  BlockMap block_;
  std::deque<Entry> entries_;  ///< that stay where they are
};

}  // namespace weft::hw
