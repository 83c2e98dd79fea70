#pragma once
// Everything about one run, as a value: written to report.json, summed up as text, compared.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sw/report/clip_report.h"
#include "sw/report/provenance.h"
#include "tlm/base/units.h"
#include "tlm/stats/launch_record.h"
#include "tlm/stats/program_totals.h"
#include "tlm/stats/update_record.h"

namespace weft::sw {

inline constexpr const char* report_schema = "weft-report-1";

struct StepRecord {
  int stage = 0;
  bool train = true;
  std::int64_t step = 0;         ///< within the stage
  std::int64_t global_step = 0;  ///< training steps done when it ended
  double loss = 0;               ///< mean over the samples that count
  std::int64_t correct = 0, samples = 0;
  Cycle start = 0, end = 0;  ///< first and last launch on system 0
  Cycle bubble = 0;          ///< wafer 0 idle at the turn of the step, see turn_bubble()
  Picosecond loss_at = 0;    ///< the loss reached the user node
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

struct RunReport {
  bool timing_only = false;  ///< no values: losses are NaN
  std::string model, machine, mode;
  nlohmann::ordered_json configuration;  ///< every value with its origin
  nlohmann::ordered_json plan;
  int systems = 1, batch = 0, micro_batches = 1;
  std::int64_t pes = 0;  ///< of the user rectangle
  std::int64_t clock_mhz = 0;
  std::vector<std::string> layers;
  std::vector<StepRecord> steps;
  std::vector<proto::LaunchRecord> launches;  ///< of system 0
  std::vector<proto::UpdateRecord> updates;   ///< by training step, then by start
  std::vector<proto::LinkRecord> links;
  proto::ClassCycles classes{};  ///< PE-cycles of system 0 over the whole run
  Cycle cycles = 0;              ///< wafer 0, from 0 to the end of its last launch
  HostRecord host;
  std::optional<ClipReport> clips;               ///< gradients were clipped by their norm
  std::optional<proto::ProgramTotals> programs;  ///< matrix launches were also run as PE programs

  /// When the wafers stand still and the last block, of a checkpoint or an update, has left its link.
  Picosecond end_ps() const;
  double seconds() const;             ///< simulated
  double samples_per_second() const;  ///< of the simulated machine, all systems, start and evaluation included
  double pe_utilisation() const;      ///< computing PE-cycles of all
};

/// Throws SimulationError unless the classes of system 0 add up to pes x cycles, and each launch's to its length.
void check_conservation(const RunReport& report);

/// Idle wafer cycles at the turn of a step: from the end of the last launch of the step before to the first launch,
/// and from the start of the first launch that needs weights until they were there.
Cycle turn_bubble(const std::vector<proto::LaunchRecord>& step, Cycle end_before);

nlohmann::ordered_json to_json(const RunReport& report);

/// At most 80 columns.
std::string summary_text(const RunReport& report);

}  // namespace weft::sw
