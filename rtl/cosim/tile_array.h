#pragma once
// Verilated tiles joined wire to wire, every wire cycle by cycle: the same setup and the same answer as
// hw/pe/array_model.h. The tile is verilated once; joining is what this file does.
#include "hw/pe/array_setup.h"
#include "hw/spec/machine.h"
#include "rtl/cosim/tile.h"

namespace weft::rtl {

/// Keeps its tiles between runs, because building one costs more than resetting it.
class TileArray {
 public:
  /// Throws UsageError as Tile does.
  explicit TileArray(const hw::MachineSpec& machine);

  /// Runs until all threads have halted and nothing moved for long enough that nothing can, or `limit` cycles.
  /// ArrayRun::finished is false if a thread still runs then. Throws UsageError for an invalid program,
  /// SimulationError if a tile reports a fault (names it). Deterministic.
  hw::ArrayRun run(const hw::ArraySetup& setup, bool slots = true);

  /// Cycles of all tiles in all runs.
  std::int64_t tile_cycles() const { return tile_cycles_; }

 private:
  const hw::MachineSpec machine_;
  std::vector<Tile> tiles_;
  std::int64_t tile_cycles_ = 0;
};

}  // namespace weft::rtl
