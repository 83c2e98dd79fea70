#pragma once
// Everything about one run, as a value: written to report.json, summed up as text, compared.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sw/report/clip_report.h"
#include "sw/report/provenance.h"
#include "sw/report/rounding.h"
#include "tlm/base/file_schema.h"
#include "tlm/base/units.h"
#include "tlm/stats/caused_launch.h"
#include "tlm/stats/limiter_cycles.h"
#include "tlm/stats/path_record.h"
#include "tlm/stats/program_totals.h"
#include "tlm/stats/update_record.h"

namespace weft::sw {

inline constexpr FileSchema report_schema{"weft-report", 2, 1};

/// Which rules of time the cycles of a report follow: one more with each change of the model that moves the cycles of
/// an equal run (CONTRIBUTING, "Golden reports"). weft-report-1 had 1 and did not say so.
/// 2: samples wait at the edge in a buffer of the machine's size.
inline constexpr int time_rules = 4;

/// Wafer cycles of a step in which system 0 did not work; `between`: launch sweeps, and until the step is opened.
struct StepIdle {
  Cycle samples = 0, weights = 0, update = 0, between = 0;
};

/// Of a model with a loss of next sentences beside that of its tokens.
struct SampleLoss {
  double loss = 0;           ///< mean over the samples
  std::int64_t correct = 0;  ///< predictions, one a sample
};

struct StepRecord {
  int stage = 0;
  bool train = true;
  std::int64_t step = 0;                         ///< within the stage
  std::int64_t global_step = 0;                  ///< training steps done when it ended
  double loss = 0;                               ///< mean over the samples that count, of sequences over their tokens
  std::int64_t correct = 0;                      ///< predictions: one a sample, of sequences one a token
  std::optional<SampleLoss> next_sentence = {};  ///< another loss; what is trained is their sum
  std::int64_t samples = 0;                      ///< that count
  std::int64_t unlabelled = 0;                   ///< tokens of them that do not: means are over the others
  RunCycle start, end;                           ///< first and last launch on system 0
  Cycle period = 0;                              ///< from the end of the step before, or the run's begin, to its end
  StepIdle idle;                                 ///< of it; with the launches' working time it adds up to it
  Cycle bubble = 0;                              ///< wafer 0 idle at the turn of the step, see turn_bubble()
  Picosecond loss_at = 0;                        ///< the loss reached the user node
};

/// What depends on the host and on how the simulation was cut: the only part that two equal runs may differ in.
struct HostRecord {
  Provenance provenance;
  std::string ended;  ///< "completed", "stopped: signal TERM, after a whole step", "failed: ..."
  double wall_seconds = 0;
  double peak_memory_mib = 0;
  int threads = 1;
  int regions = 1;
  std::int64_t cut_crossings = 0;
  bool fast_forward = true;
  int systems = 1;  ///< simulated; the others are copies of system 0
};

/// Something that works all through a step: the step cannot be shorter.
struct StepWorkload {
  std::string what;
  proto::Limiter limiter = proto::Limiter::wafer;
  Cycle predicted = 0;  ///< by the plan
  Cycle measured = 0;   ///< mean of the steady steps; of what is off the wafer the busiest, in one step
};

/// Of a training step.
struct StepWorkloads {
  std::vector<StepWorkload> all;  ///< the first is the wafer
  Cycle walk = 0;                 ///< predicted length of the step, everything waiting for each other
};

/// What the plan says of each launch's length, of training and evaluation: how wafer cycles of a path are shared out.
struct LaunchInsides {
  std::vector<proto::LimiterCycles> train, eval;
};

/// Of a step over all systems.
struct BatchSize {
  int samples = 0;        ///< pictures, sequences
  int sample_tokens = 1;  ///< of each
  bool of_sequences() const { return sample_tokens > 1; }
};

struct PeakRates {
  std::int64_t macs_per_cycle = 0;  ///< of one wafer's user rectangle
  double link_bits_per_cycle = 0;   ///< of a system's Ethernet, one direction
};

struct RunReport {
  std::string model, machine, mode;
  nlohmann::ordered_json configuration;  ///< every value with its origin
  nlohmann::ordered_json plan;
  int systems = 1, micro_batches = 1;
  BatchSize batch;
  std::int64_t pes = 0;  ///< of the user rectangle
  std::int64_t clock_mhz = 0;
  std::vector<std::string> layers;
  std::vector<StepRecord> steps;
  std::vector<proto::CausedLaunch> launches;  ///< of system 0
  std::vector<proto::UpdateRecord> updates;   ///< by training step, then by start
  std::vector<proto::LimitingLink> links;
  std::vector<proto::StepPath> paths;  ///< of the steps, in order
  LaunchInsides inside;
  StepWorkloads works;
  PeakRates peak;
  proto::ClassCycles classes{};  ///< PE-cycles of system 0 over the whole run
  Cycle cycles = 0;              ///< wafer 0, from 0 to the end of its last launch
  HostRecord host;
  std::optional<Rounding> rounding;              ///< none: a run that only times; its losses are NaN
  std::optional<ClipReport> clips;               ///< gradients were clipped by their norm
  std::optional<proto::ProgramTotals> programs;  ///< matrix launches were also run as PE programs

  bool timing_only() const { return !rounding; }
  /// When the wafers stand still and the last block, of a checkpoint or an update, has left its link.
  Picosecond end_ps() const;
  double seconds() const;             ///< simulated
  double samples_per_second() const;  ///< of the simulated machine, all systems, start and evaluation included
  double pe_compute_share() const;    ///< of all PE-cycles of the run, those of the class compute
};

/// Throws SimulationError unless the classes of system 0 add up to pes x cycles, and each launch's to its length.
void check_conservation(const RunReport& report);

/// Idle wafer cycles at the turn of a step: from the end of the last launch of the step before to the first launch,
/// from its start until its samples were there, and from the start of the first launch that needs weights until they
/// were.
Cycle turn_bubble(const std::vector<proto::CausedLaunch>& step, RunCycle end_before);

/// Fills in what only launches and paths know about each step.
void place_steps(RunReport& report);

/// Mean cycles of a steady step that the wafer works: launches without their waits, and a sweep before each.
Cycle wafer_work(const RunReport& report);

/// Throws SimulationError unless each step's path adds up to its period, and what it worked and idled too.
void check_paths(const RunReport& report);

nlohmann::ordered_json to_json(const RunReport& report);

/// At most 80 columns.
std::string summary_text(const RunReport& report);

}  // namespace weft::sw
