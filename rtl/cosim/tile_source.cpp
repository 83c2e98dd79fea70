#include "rtl/cosim/tile_source.h"

#include "rtl/cosim/tile_array.h"

namespace weft::rtl {

hw::ClockedSource tile_source(const hw::MachineSpec& machine) {
  return [tiles = std::make_shared<TileArray>(machine)](int x, int y, int width, int height) {
    return tiles->rectangle(x, y, width, height);
  };
}

}  // namespace weft::rtl
