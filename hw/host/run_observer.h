#pragma once
// What the user node tells the one who started the run. Called while the simulation runs; must not call back into it.
#include <cstdint>

#include "hw/spec/training_state.h"
#include "tlm/base/units.h"

namespace weft::hw {

/// Result of one step over all systems and micro-batches.
struct StepResult {
  int stage = 0;               ///< index into Job::stages
  std::int64_t step = 0;       ///< within the stage
  double loss_sum = 0;         ///< of the samples' losses, of sequences of their tokens'; padding samples count nothing
  std::int64_t correct = 0;    ///< correct predictions
  double sample_loss_sum = 0;  ///< of a model with a loss of whole samples besides: the sum of theirs
  std::int64_t sample_correct = 0;  ///< the same
  Picosecond at = 0;                ///< the last part has arrived at the user node
};

class RunObserver {
 public:
  virtual ~RunObserver() = default;
  /// Once per step of each stage, in order.
  virtual void on_step(const StepResult& result) = 0;
  /// A whole checkpoint has arrived at `at`.
  virtual void on_checkpoint(const TrainingState& state, Picosecond at) = 0;
};

}  // namespace weft::hw
