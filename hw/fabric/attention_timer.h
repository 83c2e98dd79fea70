#pragma once
// The time of a product of attention on all heads and sequences of a lane: that of one rectangle of each size
// (attention_times.h), and the others are copies of it. No wavelet leaves its rectangle, and a launch starts in all of
// them in the same cycle, so nothing of one can reach another; tests/timing/attention_grid_test.cpp runs all in one
// array of PEs and finds each one's cycles, and the edges of each without a wavelet.
#include <map>
#include <tuple>

#include "hw/fabric/head_grid.h"
#include "hw/fabric/launch_times.h"
#include "hw/spec/machine.h"

namespace weft::hw {

/// Remembers by shape: what a launch takes depends on no value.
class AttentionTimer {
 public:
  /// `machine` outlives it.
  explicit AttentionTimer(const MachineSpec& machine) : machine_(machine) {}

  /// Of one rectangle of the grid. Valid as long as this object.
  const LaunchTimes& of(KernelKind kind, const HeadGrid& grid, Rectangle rectangle);
  /// Of the whole lane. It ends with the last rectangle. PEs in rectangles are mapped, the lane's others are not; the
  /// books are closed but for LaunchTimes::close(). Precondition: `kind` is attention's. Throws SimulationError if a
  /// PE's classes do not add up to its time.
  LaunchTimes of(KernelKind kind, const HeadGrid& grid);

 private:
  /// Rectangle, head_size, length, queries, whether they skip by which mask, tiles and which one.
  using Shape = std::tuple<KernelKind, int, int, int, int, int, bool, bool, int, int, int, int>;

  const MachineSpec& machine_;
  std::map<Shape, LaunchTimes> known_;
};

}  // namespace weft::hw
