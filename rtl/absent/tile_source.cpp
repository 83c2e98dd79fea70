#include "rtl/cosim/tile_source.h"

#include "tlm/base/error.h"

namespace weft::rtl {

hw::ClockedSource tile_source(const hw::MachineSpec&) {
  throw UsageError("this build has no RTL tile: configure with -DWEFT_RTL=ON (needs Verilator)");
}

}  // namespace weft::rtl
