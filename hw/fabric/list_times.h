#pragma once
// What a sparse gradient remembers of the lists that its PEs take before a round's stream; list_stage.h.
#include <cstdint>
#include <vector>

#include "hw/fabric/ramp_spans.h"
#include "hw/fabric/time_rings.h"

namespace weft::hw {

/// Of a launch without lists empty. A list's wavelets are counted as a position's elements are, and one more a round.
struct ListTimes {
  /// Of a departure of a line that stands for several: its time is known, not a bound alone; of all copies it is the
  /// same, later.
  static constexpr std::uint8_t exact = 1, alike = 2;

  ListTimes() = default;
  ListTimes(int chain, int positions, int history);

  /// Of a position's list in `rings`, at a line; line `chain` is where it comes from, -1 the one above line 0.
  template <typename Rings>
  auto* ring(Rings& rings, int position, int line) const {
    return rings.data() + static_cast<std::ptrdiff_t>((line + 1) * positions + position) * history;
  }
  std::size_t slot(std::int64_t k) const { return static_cast<std::size_t>(k & (history - 1)); }
  /// [ring] of a line.
  int* senders_of(int line) { return senders.data() + std::ptrdiff_t{line} * history; }
  const int* senders_of(int line) const { return senders.data() + std::ptrdiff_t{line} * history; }

  // ---- a field of a state; time_rings.h. No positions are picked, and nothing is saved, of a launch with lists.
  // ------
  void compare_positions(std::int32_t shift, std::vector<std::int32_t>& differs) const;
  /// Lists are taken `shift` later than at the line after it, and gone on with no later than that.
  bool line_follows(int line, std::int32_t shift, const RoundSizes& sizes) const;
  void take_lines(const ListTimes& from, const std::vector<LineSource>& sources);
  void take_positions(const ListTimes& /*from*/, const std::vector<int>& /*chosen*/) {}

  int chain = 0, positions = 0, history = 1;
  Times depart, taken;                 ///< [above, chain, below][positions][ring]
  std::vector<std::uint8_t> known;     ///< of these departures
  std::vector<int> senders;            ///< [chain][ring] position whose core sent the wavelet of the stream
  std::vector<RampSpans> sums, leave;  ///< [chain] on the ramps into the line, out of it
};

}  // namespace weft::hw
