#pragma once
// The lanes that tiles are built with: rtl/cosim/CMakeLists.txt gives them to Verilator.
#include <memory>

#include "rtl/cosim/tile.h"

namespace weft::rtl {

std::unique_ptr<Tile> new_wse2_tile();
std::unique_ptr<Tile> new_wse3_tile();

}  // namespace weft::rtl
