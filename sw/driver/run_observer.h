#pragma once
// Turns what the user node receives into log lines, checkpoints and step records.
#include <exception>
#include <filesystem>
#include <vector>

#include "hw/host/run_observer.h"
#include "hw/input/sample_source.h"
#include "hw/spec/job.h"
#include "sw/checkpoint/checkpoint.h"
#include "sw/report/run_log.h"
#include "sw/report/run_report.h"

namespace weft::sw {

class RunRecorder final : public hw::RunObserver {
 public:
  /// `eval_samples`: size of the evaluation set, for its last partial batch. `identity`: of every checkpoint, but for
  /// the place in the data, which `source` tells.
  RunRecorder(const hw::Job& job, std::int64_t eval_samples, RunLog& log, std::filesystem::path checkpoint_folder,
              CheckpointIdentity identity, const hw::SampleSource& source)
      : job_(job),
        eval_samples_(eval_samples),
        log_(log),
        folder_(std::move(checkpoint_folder)),
        identity_(std::move(identity)),
        source_(source),
        global_step_(job.first_step) {}

  void on_step(const hw::StepResult& result) override;
  void on_checkpoint(const hw::TrainingState& state, Picosecond at) override;

  std::vector<StepRecord>& steps() { return steps_; }
  /// A checkpoint could not be written: the run ends after this step, and rethrow() says why.
  bool failed() const { return failure_ != nullptr; }
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  const hw::Job& job_;
  std::int64_t eval_samples_;
  RunLog& log_;
  std::filesystem::path folder_;
  CheckpointIdentity identity_;
  const hw::SampleSource& source_;
  std::int64_t global_step_;
  std::vector<StepRecord> steps_;
  std::exception_ptr failure_;
};

}  // namespace weft::sw
