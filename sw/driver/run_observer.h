#pragma once
// Turns what the user node receives into log lines, checkpoints and step records.
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "hw/host/run_observer.h"
#include "hw/input/sample_source.h"
#include "sw/checkpoint/checkpoint.h"
#include "sw/driver/kept_checkpoints.h"
#include "sw/driver/prepared_run.h"
#include "sw/report/run_log.h"
#include "sw/report/run_report.h"

namespace weft::sw {

class RunRecorder final : public hw::RunObserver {
 public:
  /// Both outlive it.
  RunRecorder(const PreparedRun& run, RunLog& log);

  /// Throws SimulationError where the loss is no finite number, unless runconfig.check_loss_values is false.
  void on_step(const hw::StepResult& result) override;
  void on_checkpoint(const hw::TrainingState& state, Picosecond at) override;

  /// A step has ended on system 0, at `at`; its loss may come before or after.
  void on_step_end(Picosecond at);
  std::vector<StepRecord>& steps() { return steps_; }
  /// A checkpoint could not be written, or would hold what is no number: the run ends after this step, and rethrow()
  /// says why.
  bool failed() const { return failure_ != nullptr; }
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }
  /// "step 5: the loss is nan", where on_step() ended the run; empty: nowhere.
  const std::string& bad_loss() const { return bad_loss_; }
  /// ". The last good checkpoint is ...", of this run or the one that it began with.
  std::string last_good_text() const;

 private:
  const PreparedRun& run_;
  RunLog& log_;
  CheckpointIdentity identity_;
  KeptCheckpoints kept_;
  std::filesystem::path last_good_;
  std::int64_t global_step_;
  void log_steps();

  std::vector<StepRecord> steps_;
  std::vector<Picosecond> ends_;  ///< of steps, in order
  std::size_t logged_ = 0;        ///< steps
  std::exception_ptr failure_;
  std::string bad_loss_;
};

}  // namespace weft::sw
