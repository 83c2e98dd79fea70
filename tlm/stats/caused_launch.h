#pragma once
// A launch with what it waited for. Written by hw, read by sw/report.
#include "tlm/base/half.h"
#include "tlm/stats/launch_record.h"
#include "tlm/stats/limiter.h"

namespace weft::proto {

/// PE-cycles of the class wait_stream by what was waited for; they add up to it.
struct StreamWaits {
  std::int64_t samples = 0, weights = 0, update = 0, deltas = 0;
};

struct CausedLaunch : LaunchRecord {
  Cycle wait = 0;                    ///< in which the edge had none of the launch's words to send, added up
  Cycle wait_update = 0;             ///< of these, before the words' version was there
  Limiter limiter = Limiter::wafer;  ///< what held up most of it, followed back from its end
  StreamWaits waits;                 ///< of the class wait_stream
  HalfLosses rounded;                ///< sums and results of its PEs; of a run that only times none
};

/// A link direction with what waiting for it is called.
struct LimitingLink : LinkRecord {
  Limiter limiter = Limiter::ethernet_down;
  Picosecond step_busy = 0;  ///< with the blocks of the run's first step, checkpoints left out
};

}  // namespace weft::proto
