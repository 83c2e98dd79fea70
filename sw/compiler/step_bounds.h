#pragma once
// What bounds a training step beside the wafer.
#include "hw/spec/job.h"
#include "hw/spec/machine.h"
#include "sw/compiler/planner.h"

namespace weft::sw {

/// What a step's way over the network depends on besides plan and machine.
struct Surroundings {
  hw::OptimizerSpec optimizer;
  int systems = 1;
  bool whole_tensor_placement = false;
  hw::ClipSpec clip = {};
  hw::LossScaleSpec loss_scale = {};
};

/// Gives `plan` what works all through a step, none of which can be shorter: the launches, the input servers and their
/// link, MemoryX's readers, its summing and updating, Ethernet each way; and the walk of a step (step_walk.h), in which
/// they wait for each other. The predicted step is then that of the longest. Closed forms of a steady step: of
/// MemoryX those of the fullest server, of Ethernet of the fullest link.
void bound_step(Plan& plan, const std::vector<hw::MatrixLayer>& layers, const hw::MachineSpec& machine,
                const Surroundings& around);

}  // namespace weft::sw
