#include "sw/driver/run_observer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "sw/driver/first_not_finite.h"
#include "tlm/base/error.h"

namespace weft::sw {

RunRecorder::RunRecorder(const PreparedRun& run, RunLog& log)
    : run_(run),
      log_(log),
      identity_(run.identity),
      kept_(run.model.config.runconfig.keep_checkpoints, run.folder.path(), run.identity.run_id),
      last_good_(run.start),
      global_step_(run.job.first_step) {}

void RunRecorder::on_step(const hw::StepResult& result) {
  const hw::Job& job = run_.job;
  const hw::Stage& stage = job.stages[static_cast<std::size_t>(result.stage)];
  StepRecord step;
  step.stage = result.stage;
  step.train = stage.train;
  step.step = result.step;
  if (stage.train) ++global_step_;
  step.global_step = global_step_;
  const std::int64_t batch = job.batch / job.sample_tokens;
  step.samples = stage.train ? batch : std::min(batch, run_.eval_samples - result.step * batch);
  step.unlabelled = job.timing_only ? 0 : run_.source->without_label(result.stage, result.step);
  const std::int64_t predictions = step.samples * job.sample_tokens - step.unlabelled;
  step.loss = job.timing_only ? std::numeric_limits<double>::quiet_NaN()
                              : result.loss_sum / static_cast<double>(std::max<std::int64_t>(predictions, 1));
  step.correct = result.correct;
  if (job.has_sample_loss())
    step.next_sentence = {job.timing_only ? std::numeric_limits<double>::quiet_NaN()
                                          : result.sample_loss_sum / static_cast<double>(step.samples),
                          result.sample_correct};
  step.loss_at = result.at;
  const double all = step.loss + (step.next_sentence ? step.next_sentence->loss : 0);
  if (!job.timing_only && !std::isfinite(all) && run_.model.config.runconfig.check_loss_values) {
    bad_loss_ = stage.train ? fmt::format("step {}: the loss is {}", global_step_, all)
                            : fmt::format("evaluation after step {}, batch {}: the loss is {}", global_step_,
                                          step.step + 1, step.loss);
    throw SimulationError(bad_loss_);
  }
  steps_.push_back(step);
  log_steps();
}

void RunRecorder::on_step_end(Picosecond at) {
  ends_.push_back(at);
  log_steps();
}

void RunRecorder::log_steps() {
  for (; logged_ < std::min(steps_.size(), ends_.size()); ++logged_) {
    const StepRecord& step = steps_[logged_];
    const bool last = step.step + 1 == run_.job.stages[static_cast<std::size_t>(step.stage)].steps;
    log_.step(step, ends_[logged_], last);
    if (last && !step.train && run_.job.sample_tokens > 1 && !run_.job.timing_only)
      log_.evaluation(*evaluation_of(steps_, step.stage, run_.job.sample_tokens));
  }
}

void RunRecorder::on_checkpoint(const hw::TrainingState& state, Picosecond) {
  try {
    if (run_.model.config.runconfig.check_loss_values)
      if (const auto bad = not_finite_in(state))
        throw SimulationError(fmt::format("after step {}: {}; it is not kept as a checkpoint{}", state.global_step,
                                          *bad, last_good_text()));
    identity_.position = run_.source->after(state.global_step - run_.job.first_step);
    last_good_ = write_checkpoint(run_.folder.path(), state, identity_);
    kept_.written(last_good_);
    log_.line("Saved checkpoint " + last_good_.string());
  } catch (const std::exception&) {
    failure_ = std::current_exception();  // the kernel in between would lose its type
  }
}

std::string RunRecorder::last_good_text() const {
  return last_good_.empty() ? ". No checkpoint was written before"
                            : fmt::format(". The last good checkpoint is {}", last_good_.string());
}

}  // namespace weft::sw
