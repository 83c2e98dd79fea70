#pragma once
// Exact fast-forward over what repeats in time. A launch is walked chunk by chunk, from state to state of its lane;
// what a chunk does is a function of the state before it, of the cycles in which its words are at the edge, and of the
// rows that own its rounds, and moves with them in time. So a chunk that was simulated once is added wherever a launch
// of the same shape comes to the same state and words come in the same cycles, told from the state's origin, or in
// others that no wavelet waited for. Layers of one shape, micro-batches, steps and all systems share what was
// simulated.
#include <cstdint>
#include <deque>
#include <map>
#include <tuple>
#include <vector>

#include "hw/fabric/launch_times.h"
#include "hw/fast_forward/engine_state.h"
#include "hw/fast_forward/tuning.h"
#include "tlm/base/instant.h"

namespace weft::hw {

/// When a chunk has left the west edge, and its sums are all at the east edge; 0 of what it does not do.
template <typename When>
struct EdgeMarksOf {
  When left, drained;
};
using EdgeMarks = EdgeMarksOf<RunCycle>;

/// What a chunk of a launch is given; cycles from the origin of the state before it.
struct ChunkInput {
  std::vector<std::int32_t> rounds;  ///< of each the owner's row and whether the next has another, or its number
  std::vector<std::int32_t> starts;  ///< per channel: the state of the edge that it begins with
};

/// A chunk that was simulated; cycles from the same origin.
struct ChunkRun {
  ChunkInput input;
  std::vector<std::int32_t> slack;  ///< as starts: how much later they could be; 0: not at all earlier too
  EdgeMarksOf<StateCycle> marks;
  std::vector<std::int32_t> drain_channels;  ///< state of the east edge after it
  TimesOf<StateCycle> times;
  int next = 0;       ///< the state after it
  StateCycle origin;  ///< of that

  bool repeats(const ChunkInput& now) const;
};

/// Launches of one shape: the states between chunks that were met, and the way from each to the next.
class LaunchWalks {
 public:
  static constexpr int begin = 0;  ///< all PEs idle and all queues empty, origin 0
  /// Null if no chunk was simulated that `input` makes the same.
  const ChunkRun* find(int state, const ChunkInput& input) const;
  /// Whether one more state may be kept.
  bool room() const { return rows_.bytes() < tuning::most_state_bytes; }
  /// Adds a chunk simulated from `state`. `after`: the state after it; null: it is not kept, so it cannot be met again
  /// or gone on from; it is told from the origin of the one before. Returns the chunk with the state after it.
  const ChunkRun& add(int state, ChunkRun run, const EngineState* after);
  /// Null if the state was not kept.
  const EngineState* kept(int state) const;
  StateRows& rows() { return rows_; }
  const StateRows& rows() const { return rows_; }

 private:
  struct State {
    std::int32_t kept = -1;  ///< its number among the rows
    std::vector<ChunkRun> runs;
  };
  StateRows rows_;
  std::vector<State> states_{1};
  std::map<std::int32_t, int> by_number_;
};

class LaunchMemo {
 public:
  /// What a launch's map depends on, with the plan's lane.
  struct Key {
    KernelKind kind;
    int inputs, outputs, tokens;  ///< tokens of the lane
    const WeightMask* mask;
    bool bias = true, half_sums = false;

    auto told() const { return std::tie(kind, inputs, outputs, tokens, mask, bias, half_sums); }
    bool operator<(const Key& other) const { return told() < other.told(); }
  };
  LaunchWalks& walks(Key key) { return walks_[key]; }

 private:
  std::map<Key, LaunchWalks> walks_;
};

}  // namespace weft::hw
