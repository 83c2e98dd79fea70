#pragma once
// A kernel launch laid over a lane's PEs: features over rows, tokens over columns.
#include <vector>

#include "hw/fabric/mapping.h"
#include "hw/fabric/round_counts.h"
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
  std::vector<int> wavelets;  ///< [chain]; of a sparse layer: at most, with every weight kept
  std::vector<int> elements;  ///< [positions]; the same
  int height = 0;
  bool sparse = false;  ///< weights come with their indices
  /// Of a sparse layer with a mask: wavelets of each line, or in a gradient elements of each position that holds
  /// inputs.
  std::shared_ptr<const RoundCounts> kept;

  /// The kept inputs of a round come along each row and are listed by its PEs before the deltas.
  bool lists() const { return kept && !lines_are_rows; }
  /// Bits of a wavelet that the edge gives to a row.
  int edge_bits() const { return sparse && lines_are_rows ? 32 : 16; }
  int wavelets_of(int round, int line) const {
    return kept && lines_are_rows ? kept->at(round, line) : wavelets[static_cast<std::size_t>(line)];
  }
  int elements_of(int round, int position) const {
    const int most = elements[static_cast<std::size_t>(position)];
    return lists() && most > 0 ? kept->at(round, position) : most;
  }
  /// Over all rounds: wavelets of a line, elements of a position, cycles of an AXPY on a position with so many lanes.
  std::int64_t all_wavelets(int line) const {
    if (kept && lines_are_rows) return kept->sum(line);
    return std::int64_t{rounds} * wavelets[static_cast<std::size_t>(line)];
  }
  std::int64_t all_elements(int position) const { return all_axpys(position, 1); }
  std::int64_t all_axpys(int position, int lanes) const {
    const auto cycles = [lanes](int count) { return ceil_div(count, lanes); };
    const int most = elements[static_cast<std::size_t>(position)];
    return lists() && most > 0 ? kept->sum(position, cycles) : rounds * cycles(most);
  }

  int owner_row(int round) const { return split_line(owned, height, round); }
  /// True when the next round belongs to another row: the switches advance.
  bool last_of_owner(int round) const { return round + 1 < rounds && owner_row(round) != owner_row(round + 1); }
  /// True when row 0 sends a control wavelet after the sum. Its own sums stay in its memory and need none.
  bool advances(int round) const { return returns && owner_row(round) > 0 && last_of_owner(round); }
  bool last_round_of_block(int round) const { return round + 1 == rounds || owner_row(round) != owner_row(round + 1); }
  /// The owner of the round after it; past all rows after the last.
  int next_owner(int round) const { return round + 1 < rounds ? owner_row(round + 1) : height; }

  /// Precondition: `kind` is a matrix kernel. `counts`: of a layer with a mask, if they are known; else they are
  /// counted.
  LaunchMap(KernelKind kind, const MatrixLayer& layer, Rectangle rectangle, int tokens,
            std::shared_ptr<const RoundCounts> counts = nullptr);
};

}  // namespace weft::hw
