#pragma once
// The west edge: weights that have come over Ethernet wait in the edge columns and are spread to the rows.
#include <cstdint>
#include <vector>

#include "hw/fabric/launch_map.h"
#include "hw/spec/machine.h"
#include "hw/spec/stream_order.h"

namespace weft::hw {

/// One channel serves its rows (EdgeLayout), block by block of rounds (StreamOrder; a chunk's last block may be
/// shorter) and row by row: the fp16 weights of a row's round, packed into words of `channel_bits_per_cycle`, and a
/// word that closes the round. The edge hands a row's word on hop by hop. A row's own link then takes one wavelet a
/// cycle.
class EdgeFeed {
 public:
  /// `channel_free`: absolute cycle at which each channel is free, kept from launch to launch.
  EdgeFeed(const MachineSpec& machine, const EdgeLayout& layout, const LaunchMap& map, const StreamOrder& order,
           Cycle launch_start, std::vector<Cycle>& channel_free);

  /// `rounds` rounds have arrived and wait from absolute cycle `ready` on. Returns when each channel begins with them,
  /// relative to the launch; starts so early that all their words are there before the launch are given one
  /// representative, so equal starts mean equal times of every word.
  std::vector<std::int32_t> arrive(Cycle ready, int rounds);

  /// Per line, the cycle before the first wavelet of round `index` of a chunk of `rounds` that began at `starts`.
  const std::int32_t* round(const std::vector<std::int32_t>& starts, int rounds, int index);

 private:
  struct Line {
    int channel;
    std::int32_t before;  ///< words of a round for the channel's lines before it
    std::int32_t words;   ///< of a round
    std::int32_t way;     ///< hops to its row
  };
  Cycle launch_start_;
  std::vector<Cycle>& channel_free_;
  int block_;
  std::vector<Line> lines_;
  std::vector<std::int32_t> channel_words_;  ///< of one round
  std::int32_t farthest_ = 0;
  std::vector<std::int32_t> bases_;
};

}  // namespace weft::hw
