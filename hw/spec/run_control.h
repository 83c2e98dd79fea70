#pragma once
// Lets the one who started a run end it: between two steps, or inside one when that cannot be waited for.
#include <cstdint>

#include "hw/spec/training_state.h"

namespace weft::hw {

/// Where a system's work stands inside a step, as the host goes through it.
struct StepPlace {
  int system = 0;
  int stage = 0;
  std::int64_t step = 0;  ///< within the stage
  int micro_batch = 0;
  int launch = 0;                   ///< that is begun or under way, in the order of Job::launches
  int rounds_done = 0, rounds = 0;  ///< of it; 0 of 0: not known yet
};

class RunControl {
 public:
  virtual ~RunControl() = default;

  /// Asked by MemoryX, once per step and in order, before it sends anything of that step. False ends the run: MemoryX
  /// sends no more steps, takes the final checkpoint if the job has one, and finishes.
  /// `stage` is an index into Job::stages, `step` counts within the stage.
  virtual bool may_start(int stage, std::int64_t step) = 0;

  /// Told by each system before a launch, between the chunks of one and, where PE programs run, now and then. May
  /// throw: the step is then left where it is, and Cluster::run() returns if left() is true.
  virtual void at(const StepPlace&) {}
  virtual bool left() const { return false; }

  /// Asked by MemoryX where every training step before is whole and nothing of the next has changed it; true: state()
  /// of that moment goes to take_state(). No simulated time: it is the host that copies.
  virtual bool wants_state() { return false; }
  virtual void take_state(const TrainingState&) {}
};

/// Every step may start.
class RunToEnd final : public RunControl {
 public:
  bool may_start(int, std::int64_t) override { return true; }
};

}  // namespace weft::hw
