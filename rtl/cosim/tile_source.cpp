#include "rtl/cosim/tile_source.h"

#include "rtl/cosim/tile_array.h"

namespace weft::rtl {

TileSource tile_source(const hw::MachineSpec& machine) {
  return [tiles = std::make_shared<TileArray>(machine)](int x, int y, int width, int height) {
    return tiles->rectangle(x, y, width, height);
  };
}

}  // namespace weft::rtl
