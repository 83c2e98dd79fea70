#pragma once
// The cycles in which partial sums cross the ramp into the cores of one line, as runs: one element a cycle from a
// cycle of each position on. The stream gives way to them (rtl/ISA.md: the lower color goes first), so its next
// wavelets, those that may come to the core before it has passed the sums, are moved past the runs.
#include <cstdint>
#include <vector>

#include "hw/fabric/time_rings.h"

namespace weft::hw {

class RampRuns {
 public:
  bool empty() const { return runs_.empty(); }

  /// An element of positions [left, right) crosses at times[p]. Per position in the order of time. Wavelets up to
  /// number `last_wavelet` of the line may meet it.
  void begin(std::int64_t last_wavelet, int left, int right, const std::int32_t* times);
  /// `count` more cross behind the newest run that begins at position `left`, one a cycle.
  void extend(int left, std::int32_t count) {
    auto run = runs_.end();
    while ((--run)->left != left) continue;
    run->length += count;
  }
  /// Forgets what wavelets from number `wavelet` on cannot meet.
  void forget_before(std::int64_t wavelet);

  /// Before wavelets are asked for that run along the line from position `source`, `hop` cycles a position.
  void face(int source, std::int32_t hop);
  /// False: a wavelet that has come to one position at time `near` and to one behind it at `far`, both less the hops
  /// from the source, meets no sum between them. A wavelet loses time on its way, and gains none.
  bool may_meet(std::int32_t near, std::int32_t far) const {
    for (const Run& run : runs_)
      if (far >= run.earliest && near < run.latest) return true;
    return false;
  }
  /// Moves each of times[first, last) to the first cycle from it on in which no sum crosses; true if one was moved.
  bool move_past(std::int32_t* times, int first, int last) const;
  std::int32_t first_free(int position, std::int32_t from) const {
    for (const Run& run : runs_) {
      if (position < run.left || position >= run.right) continue;
      const auto into = static_cast<std::uint32_t>(from - start(run, position));
      if (into < static_cast<std::uint32_t>(run.length)) from = start(run, position) + run.length;
    }
    return from;
  }
  /// For how many steps of `distance` cycles times[p] of all positions in [first, last) stay clear of all runs.
  std::int64_t clear_steps(const std::int32_t* times, int first, int last, std::int32_t distance) const;

  // ---- part of a state; see LineRuns -----------------------------------------------------------------------------
  /// Adds to `differs` [positions] what is not as at the position before, `shift` later.
  void compare_positions(std::int32_t shift, std::vector<std::int32_t>& differs) const;
  /// Whether all is as in `before`, `shift` later.
  bool is_copy(const RampRuns& before, std::int32_t shift) const;
  /// All of it so many cycles later; to be faced anew.
  RampRuns later(std::int32_t cycles) const;
  /// The runs at the positions of `chosen`, ascending.
  RampRuns picked(const std::vector<int>& chosen) const;

  /// Told from cycle `origin` and wavelet `wavelet`.
  void save(std::int32_t origin, std::int64_t wavelet, std::vector<std::int32_t>& to) const;
  /// From what save() appended; returns what is behind it.
  const std::int32_t* load(std::int32_t origin, std::int64_t wavelet, const std::int32_t* from);

 private:
  struct Run {
    std::int64_t last_wavelet;
    int left, right;
    std::int32_t length;  ///< elements
    std::size_t first;    ///< in times_, of position `left`
    /// First begin and last end at any position, less the hops from the source.
    std::int32_t earliest = 0, latest = 0;
  };
  std::int32_t start(const Run& run, int position) const {
    return times_[run.first + static_cast<std::size_t>(position - run.left)];
  }

  std::vector<Run> runs_;
  std::vector<std::int32_t> times_;
};

/// Those of every line of a chain: a field of a state; time_rings.h.
class LineRuns {
 public:
  LineRuns() = default;
  explicit LineRuns(int lines) : lines_(static_cast<std::size_t>(lines)) {}

  RampRuns& of(int line) { return lines_[static_cast<std::size_t>(line)]; }
  const RampRuns& of(int line) const { return lines_[static_cast<std::size_t>(line)]; }

  void compare_positions(std::int32_t shift, std::vector<std::int32_t>& differs) const;
  bool line_follows(int line, std::int32_t shift, const RoundSizes& /*sizes*/) const {
    return of(line).is_copy(of(line + 1), shift);
  }
  void take_lines(const LineRuns& from, const std::vector<LineSource>& sources);
  void take_positions(const LineRuns& from, const std::vector<int>& chosen);
  void save(int line, const LineOrigin& origin, Times& to) const;
  void load(int line, const LineOrigin& origin, const std::int32_t*& from);

 private:
  std::vector<RampRuns> lines_;
};

}  // namespace weft::hw
