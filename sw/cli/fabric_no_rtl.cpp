#include "sw/cli/fabric_rtl.h"
#include "tlm/base/error.h"

namespace weft::sw {

hw::ArrayRun run_on_tiles(const hw::MachineSpec&, const hw::ArraySetup&) {
  throw UsageError("--rtl: this build has no RTL tile; build with -DWEFT_RTL=ON");
}

}  // namespace weft::sw
