#if VM_COVERAGE
#include <verilated_cov.h>
#endif

#include "Vpe_tile_wse3.h"
#include "Vpe_tile_wse3___024root.h"
#include "rtl/cosim/tile_kinds.h"
#include "rtl/cosim/verilated_tile.h"

namespace weft::rtl {

std::unique_ptr<Tile> new_wse3_tile() { return std::make_unique<VerilatedTile<Vpe_tile_wse3>>(); }

}  // namespace weft::rtl
