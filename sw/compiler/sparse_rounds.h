#pragma once
// How long a sparse launch's rounds take. Rows keep different numbers of weights, in each round others: a row that
// keeps many holds up the rest, as far as the queues between them do not let those run ahead. There is no sum for that,
// so some rounds are played, row by row, on counts that the share of zeros makes likely; no wavelet and no column is
// simulated.
#include "hw/fabric/launch_map.h"
#include "hw/spec/machine.h"
#include "tlm/stats/limiter.h"

namespace weft::sw {

struct SparseRounds {
  Cycle cycles = 0;
  Cycle of_edge = 0;                   ///< of them, its channels': 0, or all but one round
  Cycle on_wafer = 0;                  ///< were its channels never in the way
  double words_in = 0, words_out = 0;  ///< of a round, through the busiest channel
  double held_out = 0;                 ///< rounds whose sums wait for it at the edge
  proto::Limiter edge = proto::Limiter::edge_in;
};

/// From the launch's begin until row 0 (forward, delta) or the east edge (gradient) has the last sum, with words at the
/// edge when it begins. `most`: the launch with every weight kept; `kept`: the share that is; `bias`: the last row
/// holds one more, which always is. How far from the simulated time: tests/analytic.
SparseRounds sparse_rounds(const hw::MachineSpec& machine, const hw::EdgeLayout& layout, const hw::LaunchMap& most,
                           double kept, bool bias);

}  // namespace weft::sw
