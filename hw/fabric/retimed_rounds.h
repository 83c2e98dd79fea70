#pragma once
// Rounds of which something is timed before what can delay it. If that did delay it, the round is timed again from its
// begin, with what came; that comes at other times then only if it waited for such a delay itself. What cannot depend
// on a later cycle is right after each time, so it ends.
//   lists     most of one is timed before the deltas of its round, to which it gives way where they meet on a ramp
//             (list_stage.h)
//   returns   a line's first elements are timed before line 0's stream, for they can delay it, and with that before
//             the round's returned sum. Where rounds are short (few weights kept, an empty window) the sums that are
//             still to return may hold the owner up so long that this round's come back before all of them have gone.
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "hw/fabric/launch_map.h"
#include "hw/fabric/stream_reduce.h"

namespace weft::hw {

/// Whether rounds of a matrix launch may have to be timed again: a part with neighbours cannot be. Where no round is
/// short, only if a queue holds more elements than the way back from the nearest line takes cycles; tests/timing/
/// sparse_search_test.cpp looks for others.
bool retimes(const FabricTiming& timing, const LaunchMap& map);

class RetimedRounds {
 public:
  /// Lists, stream and sum, after begin_round(); then close_reduction(). Precondition: a part without neighbours, whose
  /// rounds begin with lists. `edge`: ListStage::take(), `sink_ready`: StreamReduce::open_reduction().
  void run_listed(StreamReduce& engine, const std::int32_t* edge, const StreamReduce::Source& source,
                  const std::int32_t* sink_ready);
  /// Stream and sum, which returns to `owner_line`; then close_reduction(). Precondition: a part without neighbours.
  /// `stream(engine)`: as StreamReduce::stream() with `owner_line`; more than once.
  template <typename Stream>
  void run_returning(StreamReduce& engine, int owner_line, const Stream& stream);

 private:
  std::optional<StreamReduce> before_;  ///< the engine when the round began
  std::vector<std::int32_t> deltas_;
};

template <typename Stream>
void RetimedRounds::run_returning(StreamReduce& engine, int owner_line, const Stream& stream) {
  const bool may_return = engine.may_return_early(owner_line);
  if (may_return) {
    engine.keep_returns();
    before_ = engine;
  }
  const auto time = [&] {
    stream(engine);
    engine.reduce(0, engine.sizes().max_elements(), owner_line);
  };
  time();
  if (!may_return || !engine.returned_early()) return;
  for (StreamReduce::Returns expected; expected != engine.returns();) {
    expected = engine.returns();
    engine = *before_;
    engine.expect_returns(owner_line, expected);
    time();
  }
}

}  // namespace weft::hw
