#pragma once
// Verilated tiles for a rectangle of a PE array, joined by hw/pe/clocked_block.h wire to wire and cycle by cycle.
#include <memory>
#include <vector>

#include "hw/pe/clocked_pe.h"
#include "rtl/cosim/tile.h"

namespace weft::rtl {

/// Keeps its tiles between runs, because building one costs more than resetting it.
class TileArray {
 public:
  /// Throws UsageError as TileMaker does.
  explicit TileArray(const hw::MachineSpec& machine) : make_(machine) {}

  /// Valid until the next call.
  hw::ClockedRectangle rectangle(int x, int y, int width, int height) {
    const auto count = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
    grow(count);
    hw::ClockedRectangle rectangle{x, y, width, height, {}};
    for (std::size_t at = 0; at < count; ++at) rectangle.pes.push_back(tiles_[at].get());
    return rectangle;
  }

 private:
  void grow(std::size_t count) {
    while (tiles_.size() < count) tiles_.push_back(make_());
  }

  TileMaker make_;
  std::vector<std::unique_ptr<Tile>> tiles_;
};

}  // namespace weft::rtl
