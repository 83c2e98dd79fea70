#pragma once
// A steady step by closed forms: launches, their words, gradients and updates, each waiting for what it needs.
#include <vector>

#include "hw/spec/job.h"
#include "hw/spec/machine.h"
#include "sw/compiler/planner.h"

namespace weft::sw {

struct Surroundings;

/// Of one launch's stream, in cycles of the wafer; 0 of what it does not do.
struct StreamWork {
  double link = 0;    ///< the busiest Ethernet link
  double read = 0;    ///< the busiest weight server's reader
  double sum = 0;     ///< its gradients added to those of the micro-batches before, on average
  double update = 0;  ///< its layer's update, once a step
  double bytes = 0;
  double chunks = 1;
  double chunk = 0;  ///< of `link`, one chunk
};

struct StepWork {
  double samples_made = 0, samples_sent = 0;  ///< of one micro-batch
  double down = 0, up = 0;  ///< a chunk's way when nothing is in it: links and nodes, stored and forwarded
  double update_latency = 0;
  std::vector<StreamWork> streams;  ///< of plan.train
};

StepWork step_work(const Plan& plan, const std::vector<hw::MatrixLayer>& layers, const hw::MachineSpec& machine,
                   const Surroundings& around);

/// The period of a step, some steps after the first. A launch begins when the one before has ended, and ends neither
/// before its words are through; a stream goes out when the one before has, its version is there, and the systems'
/// buffers have room; an update ends when the last gradient is in.
double walk_step(const Plan& plan, const std::vector<hw::MatrixLayer>& layers, const hw::MachineSpec& machine,
                 const StepWork& work);

}  // namespace weft::sw
