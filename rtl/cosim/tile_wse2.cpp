#if VM_COVERAGE
#include <verilated_cov.h>
#endif

#include "Vpe_tile.h"
#include "Vpe_tile___024root.h"
#include "rtl/cosim/tile_kinds.h"
#include "rtl/cosim/verilated_tile.h"

namespace weft::rtl {

std::unique_ptr<Tile> new_wse2_tile() { return std::make_unique<VerilatedTile<Vpe_tile>>(); }

}  // namespace weft::rtl
