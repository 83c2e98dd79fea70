#pragma once
// What each block off the wafer has to do in a step, by closed forms.
#include <vector>

#include "hw/spec/job.h"
#include "hw/spec/machine.h"
#include "sw/compiler/planner.h"
#include "sw/compiler/step_bounds.h"

namespace weft::sw {

/// Of one launch's stream, in cycles of the wafer; 0 of what it does not do.
struct StreamWork {
  double link = 0;        ///< the busiest Ethernet link
  double index_link = 0;  ///< that which the indices of a sparse gradient come by
  double read = 0;        ///< the busiest weight server's reader
  double sum = 0;         ///< its gradients added to those of the micro-batches before, on average
  double update = 0;      ///< its layer's update, once a step
};

struct StepWork {
  double samples_made = 0, samples_sent = 0;  ///< of one micro-batch
  std::vector<StreamWork> streams;            ///< of plan.train
};

///
StepWork step_work(const Plan& plan, const std::vector<hw::MatrixLayer>& layers, const hw::MachineSpec& machine,
                   const Surroundings& around);

}  // namespace weft::sw
