#pragma once
// Runs matrix launches of a training as PE programs and holds them against the wafer's arithmetic, bit by bit.
#include <functional>

#include "hw/fabric/launch_programs.h"
#include "hw/pe/clocked_pe.h"
#include "hw/spec/machine.h"
#include "tlm/stats/program_totals.h"

namespace weft::sw {

/// Rectangle of PEs that tiles take the place of, from the north-west corner of the plan's rectangle.
struct TileRegion {
  int x = 0, y = 0, width = 0, height = 0;
  bool empty() const { return width == 0; }
};

class LaunchRunner : public hw::LaunchPrograms {
 public:
  /// Tiles for a rectangle of an array; rtl/cosim/tile_array.h makes them.
  using Tiles = std::function<hw::ClockedRectangle(int x, int y, int width, int height)>;

  /// `region` empty: the PE model runs everything. `machine` must outlive it.
  LaunchRunner(const hw::MachineSpec& machine, TileRegion region, Tiles tiles)
      : machine_(machine), region_(region), tiles_(std::move(tiles)) {}

  Cycle run(const hw::ProgramLaunch& launch) override;
  const proto::ProgramTotals& totals() const { return totals_; }

 private:
  const hw::MachineSpec& machine_;
  TileRegion region_;
  Tiles tiles_;
  proto::ProgramTotals totals_;
};

}  // namespace weft::sw
