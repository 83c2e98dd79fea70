#pragma once
// Lets the one who started a run end it between two steps (a stop request, a time limit).
#include <cstdint>

namespace weft::hw {

/// Asked by MemoryX, once per step and in order, before it sends anything of that step.
class RunControl {
 public:
  virtual ~RunControl() = default;

  /// False ends the run: MemoryX sends no more steps, takes the final checkpoint if the job has one, and finishes.
  /// `stage` is an index into Job::stages, `step` counts within the stage.
  virtual bool may_start(int stage, std::int64_t step) = 0;
};

/// Every step may start.
class RunToEnd final : public RunControl {
 public:
  bool may_start(int, std::int64_t) override { return true; }
};

}  // namespace weft::hw
