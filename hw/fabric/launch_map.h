#pragma once
// A kernel launch laid over a lane's PEs: features over rows, tokens over columns.
#include <vector>

#include "hw/fabric/mapping.h"
#include "hw/spec/job.h"

namespace weft::hw {

/// Features of an activation held by row `row`; `with_bias` adds the constant one to the last row that holds any.
inline int row_features(int features, int height, int row, bool with_bias) {
  const int rows = std::min(features, height);
  return split_count(features, height, row) + (with_bias && row == rows - 1 ? 1 : 0);
}

/// An activation or delta [features][tokens] laid over a rectangle, without the bias's constant one.
struct BlockMap {
  Rectangle rectangle;
  int features = 0, tokens = 0;

  int rows() const { return std::min(features, rectangle.height); }
  int columns() const { return std::min(rectangle.width, tokens); }
  int first_feature(int row) const { return split_first(features, rectangle.height, row); }
  int features_of(int row) const { return split_count(features, rectangle.height, row); }
  int first_token(int column) const { return split_first(tokens, columns(), column); }
  int tokens_of(int column) const { return split_count(tokens, columns(), column); }
};

/// Geometry of a matrix launch, for the whole rectangle. A line is a row (forward, delta) or a column counted from
/// the east (gradient, retained delta), so that sums always travel towards line 0.
struct LaunchMap {
  bool lines_are_rows = true;
  bool from_edge = true;  ///< the stream enters at the west edge; else from the row that owns the round
  bool reduces = true;    ///< the round ends with a chain of partial sums
  bool returns = true;    ///< the sum returns to the row that owns the round; else it leaves at the east edge
  int rounds = 0;
  int owned = 0;  ///< features whose owner is the round's owner (== rounds)
  int chain = 0, lines = 0, positions = 0;
  std::vector<int> wavelets;  ///< [chain]
  std::vector<int> elements;  ///< [positions]
  int height = 0;

  int owner_row(int round) const { return split_line(owned, height, round); }
  /// True when the next round belongs to another row: the switches advance.
  bool last_of_owner(int round) const { return round + 1 < rounds && owner_row(round) != owner_row(round + 1); }
  /// True when row 0 sends a control wavelet after the sum. Its own sums stay in its memory and need none.
  bool advances(int round) const { return returns && owner_row(round) > 0 && last_of_owner(round); }
  bool last_round_of_block(int round) const { return round + 1 == rounds || owner_row(round) != owner_row(round + 1); }

  /// Precondition: `kind` is a matrix kernel.
  LaunchMap(KernelKind kind, const MatrixLayer& layer, Rectangle rectangle, int tokens);
};

}  // namespace weft::hw
