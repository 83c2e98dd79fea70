#pragma once
// Times of a part's lines that recurrences look back to, and what can be done with those of a line or a position as a
// whole. Every field of a StreamState does the same things, each in its way:
//   compare_positions   adds to `differs` [positions] what is not as at the position before, `shift` later
//   line_follows        whether a line's times are those of the line after it, `shift` later
//   take_lines          takes over those of `from`: of this one's line i the line sources[i].line, `later`
//   take_positions      takes over those of `from` at the positions `chosen`, ascending
//   save, load          a line's, from an origin: the same for any origin and any number of rounds so far
// A field that all lines share does so once, with save_common() and load_common() for the last.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "hw/fabric/round_sizes.h"

namespace weft::hw {

using Times = std::vector<std::int32_t>;

/// Before the first wavelet every queue is empty and every core free: a time that never binds.
constexpr std::int32_t never_binds = std::numeric_limits<std::int32_t>::min() / 2;

inline std::int32_t moved(std::int32_t time, std::int32_t cycles) {
  return time == never_binds ? never_binds : time + cycles;
}

/// Where a line's times are taken from.
struct LineSource {
  int line;
  std::int32_t later;  ///< cycles
};

/// What a line's times are told by.
struct LineOrigin {
  std::int32_t cycle;
  const RoundSizes& sizes;
  /// [positions] no wavelet that is still to be timed crosses a ramp before the cycle after it; where sums return.
  Times newest_on_ramp;
};

/// Of the newest wavelets of each line's stream or the newest elements of each position's sum: as many as the
/// recurrences look back over. Lines may have a row before the first and one behind the last that are neighbours'.
class TimeRings {
 public:
  enum class Of { wavelets, elements };
  struct Extent {
    int lines = 0, above = 0, below = 0;
    int positions = 0, sides = 0;  ///< `sides`: also of the neighbour at the left and at the right, 1 or 0
    int history = 1;               ///< a power of two
    /// Every position is at another element: a position's times stand together.
    bool by_position = false;
  };
  TimeRings() = default;
  TimeRings(Of of, const Extent& extent);

  /// Of a wavelet or an element: [positions], from -1 on where there are sides. Precondition: not by position.
  std::int32_t* row(int line, std::int64_t index) { return times_.data() + place(line, index); }
  const std::int32_t* row(int line, std::int64_t index) const { return times_.data() + place(line, index); }
  /// The same, from position `left` on; by position at `left` alone.
  std::int32_t* row(int line, std::int64_t index, int left) {
    return extent_.by_position ? times_.data() + place_of(line, index, left) : row(line, index);
  }
  const std::int32_t* row(int line, std::int64_t index, int left) const {
    return extent_.by_position ? times_.data() + place_of(line, index, left) : row(line, index);
  }
  /// The slot of an index in a ring.
  std::int64_t slot(std::int64_t index) const { return index & last_slot_; }

  // ---- see above -------------------------------------------------------------------------------------------------
  void compare_positions(std::int32_t shift, std::vector<std::int32_t>& differs) const;
  bool line_follows(int line, std::int32_t shift, const RoundSizes& sizes) const;
  void take_lines(const TimeRings& from, const std::vector<LineSource>& sources);
  void take_positions(const TimeRings& from, const std::vector<int>& chosen);
  void save(int line, const LineOrigin& origin, Times& to) const;
  void load(int line, const LineOrigin& origin, const std::int32_t*& from);

 private:
  std::ptrdiff_t place(int line, std::int64_t index) const {
    return first_ + line * line_stride_ + slot(index) * stride_;
  }
  std::ptrdiff_t place_of(int line, std::int64_t index, int left) const {
    return first_ + line * line_stride_ + left * last_slot_ + slot(index);
  }
  /// Every row of a line, the newest first: visit(row at position `first`, count).
  template <typename Rings, typename Visit>
  static void each_row(Rings& rings, int line, const RoundSizes& sizes, Visit&& visit);

  Of of_ = Of::wavelets;
  Extent extent_;
  std::int64_t last_slot_ = 0;
  std::ptrdiff_t first_ = 0, stride_ = 0, line_stride_ = 0;
  Times times_;
};

/// One time of each PE of the chain, [lines][positions].
class TimeRows {
 public:
  TimeRows() = default;
  TimeRows(int lines, int positions, std::int32_t time);

  std::int32_t* row(int line) { return times_.data() + line * positions_; }
  const std::int32_t* row(int line) const { return times_.data() + line * positions_; }
  const Times& times() const { return times_; }

  // ---- see above -------------------------------------------------------------------------------------------------
  void compare_positions(std::int32_t shift, std::vector<std::int32_t>& differs) const;
  bool line_follows(int line, std::int32_t shift, const RoundSizes& sizes) const;
  void take_lines(const TimeRows& from, const std::vector<LineSource>& sources);
  void take_positions(const TimeRows& from, const std::vector<int>& chosen);
  void save(int line, const LineOrigin& origin, Times& to) const;
  void load(int line, const LineOrigin& origin, const std::int32_t*& from);

 private:
  std::ptrdiff_t positions_ = 0;
  Times times_;
};

/// One time of each position, [positions], that all lines share.
class PositionTimes {
 public:
  PositionTimes() = default;
  explicit PositionTimes(int positions) : times_(static_cast<std::size_t>(positions), never_binds) {}

  std::int32_t& operator[](int position) { return times_[static_cast<std::size_t>(position)]; }
  const Times& times() const { return times_; }

  // ---- see above -------------------------------------------------------------------------------------------------
  void compare_positions(std::int32_t shift, std::vector<std::int32_t>& differs) const;
  bool line_follows(int /*line*/, std::int32_t /*shift*/, const RoundSizes& /*sizes*/) const { return true; }
  void take_lines(const PositionTimes& from, const std::vector<LineSource>& /*sources*/) { times_ = from.times_; }
  void take_positions(const PositionTimes& from, const std::vector<int>& chosen);
  void save_common(std::int32_t origin, Times& to) const;
  void load_common(std::int32_t origin, const std::int32_t*& from);

 private:
  Times times_;
};

}  // namespace weft::hw
