#include "sw/cli/fabric_rtl.h"

#include "rtl/cosim/tile_array.h"

namespace weft::sw {

hw::ArrayRun run_on_tiles(const hw::MachineSpec& machine, const hw::ArraySetup& setup) {
  return rtl::TileArray(machine).run(setup, false);
}

}  // namespace weft::sw
