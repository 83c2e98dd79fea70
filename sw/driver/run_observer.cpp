#include "sw/driver/run_observer.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace weft::sw {

void RunRecorder::on_step(const hw::StepResult& result) {
  const hw::Stage& stage = job_.stages[static_cast<std::size_t>(result.stage)];
  StepRecord step;
  step.stage = result.stage;
  step.train = stage.train;
  step.step = result.step;
  if (stage.train) ++global_step_;
  step.global_step = global_step_;
  step.samples =
      stage.train ? job_.batch : std::min<std::int64_t>(job_.batch, eval_samples_ - result.step * job_.batch);
  step.loss =
      job_.timing_only ? std::numeric_limits<double>::quiet_NaN() : result.loss_sum / static_cast<double>(step.samples);
  step.correct = result.correct;
  step.loss_at = result.at;
  log_.step(step, result.step + 1 == stage.steps);
  steps_.push_back(step);
}

void RunRecorder::on_checkpoint(const hw::TrainingState& state, Picosecond) {
  try {
    identity_.position = source_.after(state.global_step - job_.first_step);
    log_.line("Saved checkpoint " + write_checkpoint(folder_, state, identity_).string());
  } catch (const std::exception&) {
    failure_ = std::current_exception();  // the kernel in between would lose its type
  }
}

}  // namespace weft::sw
