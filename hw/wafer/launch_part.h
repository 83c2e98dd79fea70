#pragma once
// The part of a launch that a region holds: lines and positions of the launch's map, and on which sides it goes on.
#include <algorithm>

#include "hw/fabric/launch_map.h"
#include "tlm/wavelet/burst.h"

namespace weft::hw {

/// Extent of a region inside the plan's rectangle: rows [row_first, row_last), columns [column_first, column_last).
struct RegionExtent {
  int row_first = 0, row_last = 0, column_first = 0, column_last = 0;
};

class LaunchPart {
 public:
  /// Of no launch.
  LaunchPart() = default;
  /// `map` outlives it.
  LaunchPart(const LaunchMap& map, const RegionExtent& extent);

  const LaunchMap& map() const { return *map_; }
  int line_first() const { return line_first_; }
  int line_last() const { return line_last_; }
  int position_first() const { return position_first_; }
  int position_last() const { return position_last_; }

  /// False: the launch has nothing to do here.
  bool mapped() const { return line_first_ < line_last_ && position_first_ < position_last_; }
  /// The stream of `round` begins here.
  bool starts_stream(int round) const;
  /// The chain of sums begins here.
  bool starts_sum() const {
    return mapped() && map_->reduces && map_->chain > line_first_ && map_->chain <= line_last_;
  }
  /// The chain ends here, and the sum leaves the rectangle here or returns.
  bool is_sink() const { return mapped() && line_first_ == 0; }
  /// Lines of the chain that are here.
  int chain_lines() const { return std::clamp(map_->chain - line_first_, 0, line_last_ - line_first_); }

  /// The way of the stream and of the chain, as sides of the region.
  proto::Side left() const { return map_->lines_are_rows ? proto::Side::west : proto::Side::north; }
  proto::Side right() const { return proto::opposite(left()); }
  proto::Side above() const { return map_->lines_are_rows ? proto::Side::north : proto::Side::east; }
  proto::Side below() const { return proto::opposite(above()); }
  /// The launch goes on behind that side.
  bool neighbour(proto::Side side) const;
  bool alone() const { return !neighbour(left()) && !neighbour(right()) && !neighbour(above()) && !neighbour(below()); }

 private:
  const LaunchMap* map_ = nullptr;
  int line_first_ = 0, line_last_ = 0, position_first_ = 0, position_last_ = 0;
};

}  // namespace weft::hw
