#pragma once
// Everything that a run needs before anything is simulated; whatever can be refused is refused while it is made.
#include <memory>
#include <string>
#include <vector>

#include "hw/input/sample_source.h"
#include "hw/spec/job.h"
#include "hw/spec/machine_file.h"
#include "hw/spec/training_state.h"
#include "sw/checkpoint/checkpoint.h"
#include "sw/compiler/planner.h"
#include "sw/driver/run_files.h"
#include "sw/driver/run_folder.h"
#include "sw/driver/run_settings.h"
#include "sw/kernels/launch_runner.h"
#include "sw/report/provenance.h"

namespace weft::sw {

struct PreparedRun {
  /// `settings` outlives it. Claims the run's folder if it is there, and writes nothing.
  /// Throws UsageError if an input cannot be used.
  explicit PreparedRun(const RunSettings& settings);
  PreparedRun(const PreparedRun&) = delete;
  PreparedRun& operator=(const PreparedRun&) = delete;

  bool trains() const { return model.config.runconfig.mode != Mode::eval; }
  Provenance provenance() const;

  const RunSettings& settings;
  hw::MachineFile machine;
  ModelFile model;
  RunFolder folder;
  std::filesystem::path start;  ///< the checkpoint that it starts from; empty: none
  std::vector<hw::MatrixLayer> layers;
  Plan plan;
  std::int64_t eval_samples = 0;
  hw::TrainingState initial;
  hw::Job job;
  std::unique_ptr<hw::SampleSource> source;
  std::unique_ptr<LaunchRunner> programs;  ///< null: launches are not run as PE programs
  CheckpointIdentity identity;             ///< of the checkpoints that it writes, but for the place in the data
  std::string vocabulary;                  ///< for the run's folder: RunText::vocabulary
  std::vector<std::string> notes;          ///< what the user should know of what it starts from
  std::vector<std::string> changes;        ///< settings that --resume_changed lets change at this start
  RunState state;                          ///< as run.json has it at the start

 private:
  PreparedRun(const RunSettings& settings, RunFiles files);
};

}  // namespace weft::sw
