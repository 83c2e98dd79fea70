#pragma once
// Lines and positions that stand for copies (stream_shape.h): how much later the last copy is, and whether all that was
// timed so far shows that copies are copies. Room downstream must never be what a copy waited for: then its neighbours'
// times cannot reach it.
#include "hw/fabric/stream_shape.h"

namespace weft::hw {

struct CopyChecks {
  explicit CopyChecks(const StreamReduceShape& shape)
      : line_lag(lags(shape.copies.of_line, shape.lines, shape.copies.shift)),
        position_lag(lags(shape.copies.of_position, shape.positions, shape.copies.shift)),
        shift(shape.copies.shift),
        of_positions(!shape.copies.of_position.empty()) {}

  /// PEs that the one at a line and a position stands for.
  int copies(std::int32_t lag) const { return lag > 0 ? lag / shift + 1 : 1; }

  std::vector<std::int32_t> line_lag, position_lag;  ///< from the one that stands for copies to the last of them
  std::int32_t shift;
  bool of_positions;
  bool hold = true;      ///< false: something happened for which copies are not shown to be copies
  int pushed_back = -1;  ///< if that was, first of all, that a line's last copies had to wait for room: the line

 private:
  static std::vector<std::int32_t> lags(const std::vector<int>& copies, int count, std::int32_t shift) {
    std::vector<std::int32_t> lags(static_cast<std::size_t>(count), 0);
    for (std::size_t at = 0; at < copies.size(); ++at) lags[at] = (copies[at] - 1) * shift;
    return lags;
  }
};

}  // namespace weft::hw
