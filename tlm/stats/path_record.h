#pragma once
// The critical path of a step: what the wafer's last cycle waited for, followed back to the end of the step before; of
// all steps but the last, followed from the end of the step behind it.
// Written by hw, read by sw/report.
#include <cstdint>
#include <vector>

#include "tlm/base/instant.h"
#include "tlm/stats/cause.h"

namespace weft::proto {

/// The stretches of a step's path that one limiter held up for one launch or update.
struct PathSegment {
  Limiter limiter = Limiter::wafer;
  WorkOf work;
  RunCycle first;    ///< where the earliest of them begins
  Cycle cycles = 0;  ///< of all of them
};

struct StepPath {
  int stage = 0;
  std::int64_t step = 0;  ///< within the stage
  RunCycle begin, end;
  std::vector<PathSegment> segments;  ///< by their first cycle; they add up to end - begin
};

/// From `event`, which is not before `end`, back. `begin` and `end` are edges of `clock`.
StepPath path_of(const Cause& event, RunCycle begin, RunCycle end, const Clock& clock);

}  // namespace weft::proto
