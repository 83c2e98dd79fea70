#pragma once
// One step of a report, arranged as it is drawn: rows of bars in cycles, idle time at its turn, links.
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace weft::sw {

/// Cycles since the start of the run. What MemoryX does is timed in picoseconds and falls between two cycles.
struct StepBar {
  double start = 0, end = 0;
  double wait = 0;       ///< of a launch: from its start until the first words of its stream were there
  std::string kind;      ///< key of what bounded the launch (tlm/stats/limiter.h); "update" at MemoryX
  std::string kernel;    ///< empty: no launch
  std::string what;      ///< a line for the reader, without times
  bool earlier = false;  ///< of the training step before
};

/// One phase of one layer, or of several layers that do the same.
struct StepRow {
  std::string layer, phase;  ///< phase: samples, forward, loss, delta, gradient, update
  std::vector<StepBar> bars;
  int layers = 1;
  std::string name() const;      ///< of the layer; of several "fc2 +93"
  double cycles() const;         ///< of the bars of this step
  std::string bound_by() const;  ///< the kind with most of these cycles
};

struct StepLinks {
  std::string name;  ///< link class
  int count = 0;
  double busiest = 0;  ///< share of the step in which the busiest of them is busy with it
};

/// What works all through a step.
struct ShownWork {
  std::string what;
  double predicted = 0, measured = 0;
};

struct StepView {
  std::string model, machine, name;  ///< name: e.g. "step 3"
  std::int64_t systems = 1, batch = 0, micro_batches = 1, pes = 0;
  double clock_mhz = 1;
  double from = 0, to = 0;    ///< end of the step before; end of all that belongs to this one
  double start = 0, end = 0;  ///< first and last launch, as the report has them
  double period() const { return end - from; }
  std::string verdict;           ///< of the run's steady step; empty: the report has none
  std::string ended;             ///< how the run did, if it did not complete; else empty
  std::vector<ShownWork> works;  ///< of a training step
  double bubble = 0;             ///< as the report has it
  std::vector<StepBar> idle;     ///< the parts of the bubble
  std::vector<StepRow> rows;     ///< launches of system 0, by their first start
  std::vector<StepRow> updates;  ///< at MemoryX, by their first start
  std::vector<StepLinks> links;

  double micros(double cycles) const { return cycles / clock_mhz; }
};

/// `step`: a training step, counted as the log counts; in a run without training, a batch of the evaluation from 1 on.
/// Without it, the last training step, or the last batch. Throws UsageError (with `path`): there is no such step, or
/// the report is not whole.
StepView step_view(const nlohmann::ordered_json& report, const std::filesystem::path& path,
                   std::optional<std::int64_t> step);

}  // namespace weft::sw
