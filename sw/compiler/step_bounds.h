#pragma once
// What bounds a training step beside the wafer.
#include "hw/spec/job.h"
#include "hw/spec/machine.h"
#include "sw/compiler/planner.h"

namespace weft::sw {

/// Adds to `plan` what works all through a step off the wafer, none of which can be shorter: the input servers and
/// their link, MemoryX's readers, and its summing and updating. The predicted step is then that of the longest. Closed
/// forms of a steady step; every weight server has its even share.
void bound_off_wafer(Plan& plan, const std::vector<hw::MatrixLayer>& layers, const hw::MachineSpec& machine,
                     const hw::OptimizerSpec& optimizer);

}  // namespace weft::sw
