#pragma once
// The east edge: sums leave each row into a row buffer, from which a channel takes them, round by round, row by row.
#include <cstdint>
#include <deque>
#include <vector>

#include "hw/fabric/launch_map.h"
#include "hw/spec/machine.h"
#include "tlm/base/instant.h"

namespace weft::hw {

/// A channel moves `channel_bits_per_cycle` of a row's fp32 sums of a round, packed. A row buffer holds as many whole
/// rounds as fit; the row's last PE may not begin a round for which there is no room.
class EdgeDrain {
 public:
  /// `busy_until` per channel, told as the issues: words of an earlier launch that are still on their way. `map`
  /// outlives it.
  EdgeDrain(const MachineSpec& machine, const EdgeLayout& layout, const LaunchMap& map,
            const std::vector<std::int32_t>& busy_until);

  /// Per position: when the next round has room.
  const std::int32_t* room() const { return room_.data(); }
  /// The next round was issued by the east column; `issue`(position) is the cycle of its last element.
  template <typename Issue>
  void round(Issue&& issue) {
    for (int position = 0; position < map_.positions; ++position)
      if (const int count = map_.elements_of(rounds(), position); count > 0) take(position, count, issue(position));
    finish_round();
  }
  /// The last word so far is at the edge.
  EngineCycle done() const;
  const std::vector<std::int32_t>& channels() const { return free_; }

 private:
  int rounds() const { return forgotten_ + static_cast<int>(history_.size()); }
  void take(int position, int count, std::int32_t issue);
  void finish_round();

  EdgeLayout layout_;
  const LaunchMap& map_;
  int hop_, ramp_;
  std::int32_t channel_bits_, buffer_words_;
  std::vector<std::int32_t> free_;                 ///< per channel
  std::deque<std::vector<std::int32_t>> history_;  ///< [round][position] taken whole; of rounds that a buffer holds
  int forgotten_ = 0;                              ///< rounds before them
  std::vector<int> oldest_;                        ///< per position: first round that its buffer still has to hold
  std::vector<std::int32_t> held_;                 ///< per position: words of the rounds from there on
  std::vector<std::int32_t> current_, room_;
};

}  // namespace weft::hw
