#pragma once
// The step that a long run repeats: what rates and verdict are about.
#include <optional>

#include "sw/report/run_report.h"

namespace weft::sw {

struct SteadyState {
  bool train = true;          ///< of training steps, else of evaluation
  bool extrapolated = false;  ///< from the one step that there is, which began with everything empty
  std::int64_t first = 0;     ///< global step (evaluation: batch, from 1 on) of the first that counts
  std::int64_t steps = 0;     ///< that count
  double step_cycles = 0;     ///< mean period; extrapolated: the longest of what works all through a step and the walk
  double macs = 0, useful_macs = 0;  ///< of a step on system 0; useful: without what is computed again
  double pe_compute_share = 0;       ///< of the PE-cycles of these steps; of the one step's launches where extrapolated

  bool counts(const StepRecord& step) const;
  double seconds(const RunReport& report) const;
  double samples_per_second(const RunReport& report) const;
  double flop_per_second(const RunReport& report) const;  ///< useful, all systems
  /// Useful, and all, multiply-adds of the peak of all PEs of the user rectangle.
  double mfu(const RunReport& report) const;
  double hfu(const RunReport& report) const;
};

/// Of training if the run trains. Nothing if it has no step.
std::optional<SteadyState> steady_state(const RunReport& report);

/// True for a launch that computes what was computed before: the second forward of a layer in a micro-batch, scores of
/// a tile of keys in the backward pass. One flag per launch of the report.
std::vector<bool> computed_again(const RunReport& report);

}  // namespace weft::sw
