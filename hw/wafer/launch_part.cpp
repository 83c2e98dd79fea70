#include "hw/wafer/launch_part.h"

namespace weft::hw {

LaunchPart::LaunchPart(const LaunchMap& map, const RegionExtent& extent) : map_(&map) {
  if (map.lines_are_rows) {
    line_first_ = std::min(extent.row_first, map.lines);
    line_last_ = std::min(extent.row_last, map.lines);
    position_first_ = std::min(extent.column_first, map.positions);
    position_last_ = std::min(extent.column_last, map.positions);
  } else {
    line_first_ = map.lines - std::min(extent.column_last, map.lines);
    line_last_ = map.lines - std::min(extent.column_first, map.lines);
    position_first_ = std::min(extent.row_first, map.positions);
    position_last_ = std::min(extent.row_last, map.positions);
  }
}

bool LaunchPart::starts_stream(int round) const {
  if (!mapped()) return false;
  if (map_->from_edge) return position_first_ == 0;
  const int owner = map_->owner_row(round);
  return owner >= position_first_ && owner < position_last_;
}

bool LaunchPart::neighbour(proto::Side side) const {
  if (side == left()) return position_first_ > 0;
  if (side == right()) return position_last_ < map_->positions;
  if (side == above()) return line_first_ > 0;
  return line_last_ < map_->lines;
}

}  // namespace weft::hw
