#pragma once
// A steady step by the recurrences of the blocks off the wafer, chunk by chunk, and closed forms of launches: each
// waits for what it needs.
#include <vector>

#include "hw/spec/job.h"
#include "hw/spec/machine.h"
#include "sw/compiler/planner.h"
#include "sw/compiler/step_bounds.h"

namespace weft::sw {

struct WalkedLaunch {
  Cycle length = 0;    ///< from its begin
  bool waits = false;  ///< for words
};

struct StepWalk {
  Cycle period = 0;                    ///< of a step, some steps after the first
  std::vector<WalkedLaunch> launches;  ///< of plan.train
};

/// The training that servers, links and updates of a plan are asked for.
hw::Job planned_job(const Plan& plan, const std::vector<hw::MatrixLayer>& layers, const Surroundings& around);

/// A launch begins when the one before has ended; its rounds go on as the wafer, its channels and its words allow; a
/// chunk goes out when the one before has, its layer's version is there, and the systems' buffers have room; a chunk is
/// updated when its gradient is in and all streams of the step were read. A step of more chunks than the walk looks at
/// goes in groups of them; of many micro-batches those behind the first 32 count as the 16 before.
StepWalk walk_step(const Plan& plan, const std::vector<hw::MatrixLayer>& layers, const hw::MachineSpec& machine,
                   const Surroundings& around);

}  // namespace weft::sw
