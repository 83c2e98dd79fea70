#pragma once
// One Verilated PE tile. The verilated headers stay in this folder's sources.
#include <memory>

#include "hw/pe/clocked_pe.h"

namespace weft::rtl {

/// Memory and program are undefined until load(). launch() and tick() throw SimulationError if an assertion fails,
/// where the tile was built with them.
class Tile : public hw::ClockedPe {
 public:
  /// A cycle of the host port (rtl/ISA.md), which load() and memory() go around for the memory.
  virtual std::uint32_t read(std::uint32_t address) = 0;
  virtual void write(std::uint32_t address, std::uint32_t data) = 0;
};

/// Tiles of the kind that was built for the lanes of `machine`. Throws UsageError if `machine` has a number that no
/// kind was built with (names it, and what the nearest kind has).
class TileMaker {
 public:
  explicit TileMaker(const hw::MachineSpec& machine);
  std::unique_ptr<Tile> operator()() const { return make_(); }

 private:
  std::unique_ptr<Tile> (*make_)();
};

}  // namespace weft::rtl
