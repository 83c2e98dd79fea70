#pragma once
// The east edge: sums leave each row into a row buffer, from which a channel takes them, round by round, row by row.
#include <cstdint>
#include <vector>

#include "hw/fabric/launch_map.h"
#include "hw/spec/machine.h"

namespace weft::hw {

/// A channel moves one fp32 word per 32 bits of its width and cycle. A row buffer holds as many whole rounds as fit;
/// the row's last PE may not begin a round for which there is no room.
class EdgeDrain {
 public:
  /// `busy_until` per channel, relative to the launch: words of an earlier launch that are still on their way.
  EdgeDrain(const MachineSpec& machine, const EdgeLayout& layout, const LaunchMap& map,
            const std::vector<std::int32_t>& busy_until);

  /// Per position: when the next round has room.
  const std::int32_t* room() const { return room_.data(); }
  /// The next round was issued by the east column; `issue`(position) is the cycle of its last element.
  template <typename Issue>
  void round(Issue&& issue) {
    for (std::size_t position = 0; position < elements_.size(); ++position)
      if (elements_[position] > 0) take(static_cast<int>(position), issue(static_cast<int>(position)));
    finish_round();
  }
  /// The last word so far is at the edge.
  Cycle done() const;
  const std::vector<std::int32_t>& channels() const { return free_; }

 private:
  void take(int position, std::int32_t issue);
  void finish_round();

  EdgeLayout layout_;
  int hop_, ramp_;
  std::int32_t words_per_cycle_;
  std::vector<int> elements_, depth_;               ///< per position: elements a round; rounds its buffer holds
  std::vector<std::int32_t> free_;                  ///< per channel
  std::vector<std::vector<std::int32_t>> history_;  ///< [round][position] taken whole
  std::vector<std::int32_t> current_, room_;
};

}  // namespace weft::hw
