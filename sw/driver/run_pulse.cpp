#include "sw/driver/run_pulse.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "hw/spec/kernel_table.h"

namespace weft::sw {

namespace {

/// Thrown through the simulation, which makes a report of it; RunPulse::left() tells what it was.
class StepLeft : public std::runtime_error {
 public:
  StepLeft() : std::runtime_error("the step was left") {}
};

/// Share of the predicted cycles that lies before each launch of a micro-batch, and 1 at the end.
std::vector<double> shares(const std::vector<PlannedLaunch>& launches) {
  std::vector<double> before{0};
  for (const PlannedLaunch& launch : launches) before.push_back(before.back() + static_cast<double>(launch.predicted));
  for (double& share : before) share = before.back() > 0 ? share / before.back() : 0;
  return before;
}

}  // namespace

RunPulse::RunPulse(const hw::Job& job, const Plan& plan, const StopSignals& signals, ProgressLine& progress,
                   std::function<bool()> failed, double checkpoint_minutes,
                   std::function<void(const hw::TrainingState&)> keep)
    : job_(job),
      signals_(signals),
      progress_(progress),
      failed_(std::move(failed)),
      keep_(std::move(keep)),
      checkpoint_every_(
          std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(60 * checkpoint_minutes))),
      last_checkpoint_(Clock::now()) {
  share_before_[0] = shares(plan.eval);
  share_before_[1] = shares(plan.train);
  for (const hw::Stage& stage : job.stages) {
    steps_before_.push_back(total_steps_);
    total_steps_ += stage.steps;
  }
}

bool RunPulse::may_start(int, std::int64_t) { return !stopped() && !failed_(); }

void RunPulse::at(const hw::StepPlace& place) {
  if (place.system == 0) place_ = place;
  beat();
  if (place.system != 0) return;
  const auto now = Clock::now();
  if (now - shown_ < std::chrono::milliseconds(200)) return;
  shown_ = now;
  show(place);
}

void RunPulse::beat() {
  if (signals_.requested() && (signals_.urgent() || signals_.seconds_since() > patience_seconds)) {
    left_ = true;
    throw StepLeft();
  }
}

void RunPulse::show(const hw::StepPlace& place) {
  const hw::Stage& stage = job_.stages[static_cast<std::size_t>(place.stage)];
  const std::vector<double>& before = share_before_[stage.train ? 1 : 0];
  const auto launch = static_cast<std::size_t>(place.launch);
  const double inside = place.rounds > 0 ? static_cast<double>(place.rounds_done) / place.rounds : 0;
  const double of_batch = before[launch] + inside * (before[launch + 1] - before[launch]);
  const double of_step = (place.micro_batch + of_batch) / job_.micro_batches;
  const std::int64_t done = steps_before_[static_cast<std::size_t>(place.stage)] + place.step;
  const hw::Launch& which = job_.launches(stage.train)[launch];
  std::string where = fmt::format("step {} of {}, ", done + 1, total_steps_);
  if (job_.micro_batches > 1) where += fmt::format("micro-batch {} of {}, ", place.micro_batch + 1, job_.micro_batches);
  where += fmt::format("{} {}", job_.layers[static_cast<std::size_t>(which.layer)].name, hw::kernel_name(which.kind));
  progress_.simulating((static_cast<double>(done) + of_step) / static_cast<double>(total_steps_), where);
}

bool RunPulse::wants_state() {
  return checkpoint_every_ > Clock::duration::zero() && Clock::now() - last_checkpoint_ >= checkpoint_every_;
}

void RunPulse::take_state(const hw::TrainingState& state) {
  last_checkpoint_ = Clock::now();
  keep_(state);
}

std::string RunPulse::why() const {
  if (!left_) return signals_.name() + ", after a whole step";
  const std::int64_t done = steps_before_[static_cast<std::size_t>(place_.stage)] + place_.step;
  return fmt::format("{}, inside step {} of {}", signals_.name(), done + 1, total_steps_);
}

}  // namespace weft::sw
