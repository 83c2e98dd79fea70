#pragma once
// Turns what the user node receives into log lines, checkpoints and step records.
#include <exception>
#include <filesystem>
#include <vector>

#include "hw/host/run_observer.h"
#include "hw/spec/job.h"
#include "sw/checkpoint/checkpoint.h"
#include "sw/report/run_log.h"
#include "sw/report/run_report.h"

namespace weft::sw {

class RunRecorder final : public hw::RunObserver {
 public:
  /// `eval_samples`: size of the evaluation set, for its last partial batch.
  RunRecorder(const hw::Job& job, std::int64_t eval_samples, RunLog& log, std::filesystem::path checkpoint_folder,
              const RunSeeds& seeds)
      : job_(job),
        eval_samples_(eval_samples),
        log_(log),
        folder_(std::move(checkpoint_folder)),
        seeds_(seeds),
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
  RunSeeds seeds_;
  std::int64_t global_step_;
  std::vector<StepRecord> steps_;
  std::exception_ptr failure_;
};

}  // namespace weft::sw
