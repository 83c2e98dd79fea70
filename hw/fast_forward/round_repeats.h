#pragma once
// Exact fast-forward in time. A round whose stream an owner sends and whose sums leave is given nothing but the owner
// and the edge's room. If it left the engine in the state that it found, some cycles later, a next round with the same
// owner and the same room, as many cycles later, does the same: it is added, not simulated.
#include <cstdint>
#include <vector>

#include "hw/fabric/launch_times.h"
#include "hw/fabric/stream_reduce.h"

namespace weft::hw {

/// Watches the rounds of one engine, a part without neighbours. Rounds that are added are kept apart from the engine
/// until settle().
class RoundRepeats {
 public:
  /// Whether to note() the next round of `owner`: it costs about as much as the round. Of fewer and fewer owners, while
  /// none of them has a round that repeats.
  bool watches(int owner);
  /// After a round of `engine` that `owner` sent, with its books so far.
  void note(const StreamReduce& engine, int owner, const EngineTimes& times);
  /// True: the next round repeats the one before and is added. `sink_ready`: see StreamReduce::open_reduction().
  bool adds(const StreamReduce& engine, int owner, const std::int32_t* sink_ready);
  /// Brings `engine` up to the last round that was added.
  void settle(StreamReduce& engine);

  /// Rounds that were added and are not in the engine yet, and by how many cycles they move its times.
  int rounds() const { return added_; }
  std::int32_t cycles() const { return added_ * cycles_; }
  /// The books with them. Precondition: rounds() > 0.
  EngineTimes times() const;

 private:
  /// Whether room at the edge for the next round does to it what that for the one noted did to that, `cycles` later.
  bool same_room(const StreamReduce& engine, const std::int32_t* sink_ready, std::int32_t cycles) const;

  using Row = std::vector<std::int32_t>;

  int seen_ = -1;                        ///< by watches()
  bool watching_ = true, found_ = true;  ///< that owner's rounds; one that repeats
  int skip_ = 0, skipped_ = 0;           ///< owners, from one that is watched to the next
  int owner_ = -1;
  std::int64_t noted_ = -1;  ///< rounds of the engine
  Row common_, books_, opens_;
  std::vector<Row> lines_;
  std::int32_t origin_ = 0;
  EngineTimes times_;
  std::int32_t cycles_ = 0;  ///< of a round that repeats; 0: not shown
  Row round_books_;
  EngineTimes round_times_;
  int added_ = 0;
};

}  // namespace weft::hw
