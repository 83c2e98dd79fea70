#pragma once
// What bounds a step, in one sentence, with the runner-up.
#include <string>

#include "sw/report/run_report.h"
#include "sw/report/steady_state.h"

namespace weft::sw {

struct VerdictPart {
  proto::Limiter limiter = proto::Limiter::wafer;  ///< a resource, see resource_of()
  double cycles = 0;                               ///< of a steady step
  double share = 0;                                ///< of its length
};

struct Verdict {
  VerdictPart binds;  ///< most cycles of the critical paths of the steady steps
  /// Of the others, the most cycles: on the path, or at work all through a step, which is what would bind next.
  VerdictPart next;
  std::string text;
};

/// Of a step that is extrapolated there is no path: what works longest binds.
Verdict verdict_of(const RunReport& report, const SteadyState& steady);

}  // namespace weft::sw
