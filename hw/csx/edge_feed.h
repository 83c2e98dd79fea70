#pragma once
// The west edge: weights that have come over Ethernet wait in the edge columns and are spread to the rows.
#include <cstdint>
#include <vector>

#include "hw/fabric/launch_map.h"
#include "hw/spec/machine.h"
#include "hw/spec/stream_order.h"
#include "tlm/base/instant.h"

namespace weft::hw {

/// One channel serves its rows (EdgeLayout), block by block of rounds (StreamOrder; a chunk's last block may be
/// shorter) and row by row: what a row gets in a round, packed into words of `channel_bits_per_cycle`, and a word that
/// closes the round. That are fp16 weights, of a sparse layer each with its index. Of lists (LaunchMap::lists) it is
/// the indices alone and, packed with them, a mark that ends them, round by round. The edge hands a row's word on hop
/// by hop. A row's own link then takes one wavelet a cycle.
class EdgeFeed {
 public:
  /// `channel_free`: when each channel is free, kept from launch to launch. `map` outlives it.
  EdgeFeed(const MachineSpec& machine, const EdgeLayout& layout, const LaunchMap& map, const StreamOrder& order,
           RunCycle launch_start, std::vector<RunCycle>& channel_free);

  int rows() const { return static_cast<int>(rows_.size()); }
  int channels() const { return static_cast<int>(channels_); }

  /// `rounds` rounds have arrived and wait from `ready` on. Returns when each channel begins with them;
  /// starts so early that all their words are there before the launch are given one
  /// representative, so equal starts mean equal times of every word.
  std::vector<LaunchCycle> arrive(RunCycle ready, int rounds);
  /// When a channel has handed on the last of the words that arrived last.
  LaunchCycle all_handed_on() const;

  /// A chunk's starts, told from some cycle of the launch, and the cycle before the launch told from there: no word is
  /// earlier.
  struct Starts {
    std::vector<std::int32_t> channels;
    std::int32_t before_launch = -1;
  };
  /// Per row, the cycle before the first wavelet of round `index` of a chunk of `rounds` that begins with round `first`
  /// of the launch and began at `starts`. Rounds of a chunk in order, from its first or from where place() was.
  const std::int32_t* round(const Starts& starts, int first, int rounds, int index);
  /// Between two rounds of a chunk.
  struct Place {
    std::vector<std::int32_t> cursor;  ///< per channel, words of the chunk before the block
    std::vector<std::int32_t> next;    ///< per row, word of the chunk at which the next round of the block begins
  };
  const Place& place() const { return place_; }
  void go_back(const Place& to) { place_ = to; }

 private:
  struct Row {
    int channel;
    std::int32_t way;  ///< hops to it
  };
  std::int32_t words(int round, int row) const;

  RunCycle launch_start_;
  std::vector<RunCycle>& channel_free_;
  const LaunchMap& map_;
  int block_, element_bits_;
  std::int32_t channel_bits_;
  std::vector<Row> rows_;
  std::size_t channels_ = 0;
  std::int32_t farthest_ = 0;
  int arrived_ = 0;  ///< rounds
  Place place_;
  std::vector<std::int32_t> bases_;
};

}  // namespace weft::hw
