#pragma once
// All that the rounds to come of a part can depend on, between two rounds: the one list of its fields. Whatever is done
// with a whole state, to find copies, to take over lines or positions, to save and load, is done with every field of
// the list; a field that is not in the list does not compile.
#include <tuple>

#include "hw/fabric/list_times.h"
#include "hw/fabric/ramp_runs.h"
#include "hw/fabric/receivers.h"
#include "hw/fabric/round_sizes.h"
#include "hw/fabric/time_rings.h"

namespace weft::hw {

/// The names of stream_reduce.h's recurrences behind each. A line's partial sums that come from the line below are of
/// the line that they come to.
struct StreamState {
  StreamState(const FabricTiming& timing, const StreamReduceShape& shape);

  RoundSizes sizes;
  TimeRings depart, consume;         ///< d, c
  TimeRings element, leave, arrive;  ///< u, a [chain, below], b [above, chain]
  TimeRows free, ready;              ///< core; accumulators
  TimeRows issue;                    ///< cycle before the round's first element may issue; then of the last one
  PositionTimes returned;            ///< departure of the newest returned sum from the router of line 0
  LineRuns sums;                     ///< on the ramps into the lines
  Receivers receivers;
  ListTimes lists;

  template <typename State>
  static auto fields(State& state) {
    auto& [sizes, depart, consume, element, leave, arrive, free, ready, issue, returned, sums, receivers, lists] =
        state;
    return std::tie(sizes, depart, consume, element, leave, arrive, free, ready, issue, returned, sums, receivers,
                    lists);
  }

  /// [positions] not zero where the state is not that of the position before, `shift` later.
  std::vector<std::int32_t> differing_positions(std::int32_t shift) const;
  /// Whether a line's state is that of the line after it, `shift` later.
  bool line_follows(int line, std::int32_t shift) const;
  /// The state of `from` at other lines, one for each line of this one's chain; or at other positions.
  void take_lines(const StreamState& from, const std::vector<LineSource>& sources);
  void take_positions(const StreamState& from, const std::vector<int>& chosen);

  /// The cycle from which the times of a state are told: line 0 is free.
  std::int32_t origin() const { return *free.row(0); }
  /// Appends all that later times of a line of the chain can depend on, but for where in time it stands, which all
  /// lines share: save_common(). Both are the same for any origin and any number of rounds so far. Precondition: no
  /// lists, a part without neighbours.
  void save_line(int line, Times& to) const;
  void save_common(Times& to) const;
  /// Take over what those of a state of this shape appended after `rounds` rounds, first the common part, then every
  /// line.
  void load_common(const Times& from, std::int64_t rounds, std::int32_t origin);
  void load_line(int line, const Times& from);

 private:
  LineOrigin origin_of(int line) const;
};

}  // namespace weft::hw
