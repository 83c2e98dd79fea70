#pragma once
// The time of a line kernel's launch: its programs run on one column of each kind, chains and broadcasts between their
// parts (hw/fabric/line_times.h). Exact.
#include <map>
#include <tuple>
#include <vector>

#include "hw/fabric/head_grid.h"
#include "hw/fabric/launch_times.h"
#include "hw/kernels/line_kernels.h"

namespace weft::hw {

struct ColumnTimes {
  LaunchTimes times;
  LaunchCycle leaves;  ///< when the last total has left its row at the east end; 0 where nothing leaves
  std::vector<std::vector<LaunchCycle>> totals;  ///< of each row, when each of them leaves the last PE's router
};

ColumnTimes column_times(const MachineSpec& machine, LinePrograms& programs);

/// The same, remembered by shape: what a launch takes depends on no value.
class ColumnTimer {
 public:
  explicit ColumnTimer(const MachineSpec& machine) : machine_(machine) {}
  const ColumnTimes& of(KernelKind kind, const LineSettings& settings, const BlockMap& block);
  /// Of a kernel on scores or on a head's features, in one rectangle of the grid.
  const LaunchTimes& of_heads(KernelKind kind, const LineSettings& settings, const HeadGrid& grid, Rectangle rectangle);
  /// In the rectangle of each head and sequence, all at once.
  LaunchTimes of_heads(KernelKind kind, const LineSettings& settings, const HeadGrid& grid);

 private:
  using Shape =
      std::tuple<KernelKind, bool, bool, bool, bool, bool, bool, bool, bool, int, int, int, int, int, int, int, int>;

  const MachineSpec& machine_;
  std::map<Shape, ColumnTimes> known_;
};

}  // namespace weft::hw
