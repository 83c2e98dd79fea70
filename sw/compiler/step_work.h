#pragma once
// What each block off the wafer has to do in a step, by closed forms.
#include <vector>

#include "hw/spec/job.h"
#include "hw/spec/machine.h"
#include "sw/compiler/planner.h"
#include "sw/compiler/step_bounds.h"

namespace weft::sw {

/// In cycles of the wafer.
struct StepWork {
  double samples_made = 0, samples_sent = 0;  ///< of one micro-batch
  /// Of the whole step. Of each weight server: its reader, and its sums and updates.
  std::vector<double> read, optimize;
  std::vector<double> down, up;  ///< of each Ethernet link of a system
};

///
StepWork step_work(const Plan& plan, const std::vector<hw::MatrixLayer>& layers, const hw::MachineSpec& machine,
                   const Surroundings& around);

}  // namespace weft::sw
