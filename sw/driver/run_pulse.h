#pragma once
// What the one who started a run does while it is simulated: ends it when it was asked to, shows how far it is, and
// takes checkpoints by the clock on the wall.
#include <chrono>
#include <functional>
#include <vector>

#include "hw/spec/job.h"
#include "hw/spec/run_control.h"
#include "sw/compiler/planner.h"
#include "sw/driver/progress_line.h"
#include "sw/driver/stop_signals.h"

namespace weft::sw {

class RunPulse final : public hw::RunControl {
 public:
  /// Host seconds that a step has to its end once a signal came; then it is left where it is, so that everything is
  /// written within 10 s.
  static constexpr double patience_seconds = 5;

  /// All outlive it; of `signals` the run has begun. `failed`: true ends the run as a signal does. `checkpoint_minutes`
  /// above 0: after so many minutes of the host `keep` gets the state at the next step's begin.
  RunPulse(const hw::Job& job, const Plan& plan, const StopSignals& signals, ProgressLine& progress,
           std::function<bool()> failed, double checkpoint_minutes, std::function<void(const hw::TrainingState&)> keep);

  bool may_start(int stage, std::int64_t step) override;
  void at(const hw::StepPlace& place) override;
  bool left() const override { return left_; }
  /// As at(), where only time passed. Throws as it does.
  void beat();
  bool wants_state() override;
  void take_state(const hw::TrainingState& state) override;

  bool stopped() const { return signals_.requested(); }
  /// "signal TERM, after a whole step", "signal TERM, inside step 31"
  std::string why() const;

 private:
  using Clock = std::chrono::steady_clock;
  void show(const hw::StepPlace& place);

  const hw::Job& job_;
  const StopSignals& signals_;
  ProgressLine& progress_;
  std::function<bool()> failed_;
  std::function<void(const hw::TrainingState&)> keep_;
  Clock::duration checkpoint_every_;
  Clock::time_point last_checkpoint_, shown_;
  std::vector<std::int64_t> steps_before_;  ///< of all stages before, per stage
  std::vector<double> share_before_[2];     ///< of a micro-batch of evaluation, of training: launches before
  std::int64_t total_steps_ = 0;
  hw::StepPlace place_;
  bool left_ = false;
};

}  // namespace weft::sw
