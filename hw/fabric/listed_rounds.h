#pragma once
// Rounds whose PEs get lists. Most of a list is timed before the deltas of its round, to which it gives way where they
// meet on a ramp (list_stage.h). If they met, the round is timed again from its begin, with the deltas that came;
// they come at other times then only if they waited for such a list. What cannot depend on a later cycle is right after
// each time, so it ends.
#include <cstdint>
#include <optional>
#include <vector>

#include "hw/fabric/stream_reduce.h"

namespace weft::hw {

class ListedRounds {
 public:
  /// Lists, stream and what comes of the sum before it has ended, after begin_round(); then reduce() and
  /// close_reduction(). Precondition: a part without neighbours. `edge`: ListStage::take(), `sink_ready`:
  /// StreamReduce::open_reduction().
  void run(StreamReduce& engine, const std::int32_t* edge, const StreamReduce::Source& source,
           const std::int32_t* sink_ready);

 private:
  std::optional<StreamReduce> before_;  ///< the engine when the round began
  std::vector<std::int32_t> deltas_;
};

}  // namespace weft::hw
