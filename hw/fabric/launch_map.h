#pragma once
// A kernel launch laid over a lane's PEs: features over rows, tokens over columns.
#include <vector>

#include "hw/fabric/launch_windows.h"
#include "hw/fabric/mapping.h"
#include "hw/fabric/round_counts.h"
#include "hw/fabric/token_order.h"
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
  int together = 1;  ///< so many features, of grouped queries one of each head, are in one row; they divide `features`
  int dealt = 0;     ///< of a sequence: so many tokens are dealt to its columns (token_order.h); 0: all stand in order

  int places() const { return features / together; }
  int rows() const { return std::min(places(), rectangle.height); }
  int columns() const { return std::min(rectangle.width, tokens); }
  int first_place(int row) const { return split_first(places(), rectangle.height, row); }
  int first_feature(int row) const { return together * first_place(row); }
  int features_of(int row) const { return together * split_count(places(), rectangle.height, row); }
  int first_token(int column) const { return split_first(tokens, columns(), column); }
  int tokens_of(int column) const { return split_count(tokens, columns(), column); }
  TokenOrder order() const { return {tokens, columns(), dealt}; }
};

/// Which line of an axis owns a round: in blocks, in the order of the lines.
struct Owners {
  int rounds = 0, lines = 0;  ///< lines 0: nobody

  bool any() const { return lines > 0; }
  int of(int round) const { return split_line(rounds, lines, round); }
  int first(int line) const { return any() ? split_first(rounds, lines, line) : 0; }
  int count(int line) const { return any() ? split_count(rounds, lines, line) : 0; }
  int most() const { return count(0); }
  /// True when the next round belongs to another line: the switches advance.
  bool hands_on(int round) const { return round + 1 < rounds && of(round) != of(round + 1); }
};

/// Geometry of a matrix launch, for the whole rectangle. A line is a row or a column; columns count from the side that
/// sums travel to (from the east where they leave there or stay), so that sums always travel towards line 0.
struct LaunchMap {
  bool lines_are_rows = true;
  bool from_edge = true;         ///< the stream enters at the west edge; else from the position that owns the round
  bool reduces = true;           ///< the round ends with a chain of partial sums
  bool stores = false;           ///< what comes stays in the PEs as it is: an element of each wavelet
  bool keeps_sums = false;       ///< sums that stay do so in fp32
  bool returns = true;           ///< the sum returns to the line that owns the round; else it leaves at the east edge
  bool lines_from_east = false;  ///< lines are columns, line 0 the easternmost; else the first or northernmost
  int rounds = 0;
  int owned = 0;         ///< features whose owner is the round's owner (== rounds)
  Owners stream_owners;  ///< positions that send a round's stream; none: the edge does
  Owners vector_owners;  ///< lines that send a round's vector; none: each PE has its own
  Owners sum_owners;     ///< lines that keep a round's sums; none: they leave or stay where they are
  int chain = 0, lines = 0, positions = 0;
  std::vector<int> wavelets;  ///< [chain]; of a sparse layer: at most, with every weight kept
  std::vector<int> elements;  ///< [positions]; the same
  int height = 0;
  bool bias = false;       ///< the last row that holds inputs also holds the constant one
  bool sparse = false;     ///< weights come with their indices
  bool half_sums = false;  ///< a PE's sums of a round are halves, until they leave it
  /// Of a sparse layer with a mask: wavelets of each line, or in a gradient elements of each position that holds
  /// inputs.
  std::shared_ptr<const RoundCounts> kept;
  /// Of attention with a mask: which tokens of a column a round has.
  std::shared_ptr<const LaunchWindows> windows;

  /// The kept inputs of a round come along each row and are listed by its PEs before the deltas.
  bool lists() const { return kept && !lines_are_rows; }
  /// Every PE keeps sums of its own, which it rounds at the end.
  bool rounds_sums() const { return !reduces && !stores && !keeps_sums; }
  /// Bits of a wavelet that the edge gives to a row.
  int edge_bits() const { return sparse && lines_are_rows ? 32 : 16; }
  /// A round has some of the elements of a position, or scalars of a line.
  bool windowed_elements() const { return windows && lines_are_rows; }
  bool windowed_scalars() const { return windows && !lines_are_rows; }
  int wavelets_of(int round, int line) const {
    if (windowed_scalars()) return windows->at(round, line).count;
    return kept && lines_are_rows ? kept->at(round, line) : wavelets[static_cast<std::size_t>(line)];
  }
  int elements_of(int round, int position) const {
    if (windowed_elements()) return windows->at(round, position).count;
    const int most = elements[static_cast<std::size_t>(position)];
    return lists() && most > 0 ? kept->at(round, position) : most;
  }

  /// PE of a line and a position.
  int column_of(int line, int position) const {
    if (lines_are_rows) return position;
    return lines_from_east ? lines - 1 - line : line;
  }
  int row_of(int line, int position) const { return lines_are_rows ? line : position; }
  /// Data wavelets of a line's round, of a sparse layer at most; 0 past the chain.
  int scalars_of(int line) const { return line < chain ? wavelets[static_cast<std::size_t>(line)] : 0; }
  /// [chain] the first of each line's scalars among those of a round, which run from north or west.
  std::vector<int> stream_firsts() const;

  /// Of a launch where only one of stream and sums has owners: those; 0 where neither has.
  int owner_row(int round) const {
    const Owners& owners = from_edge ? sum_owners : stream_owners;
    return owners.any() ? owners.of(round) : 0;
  }
  /// True when line 0 sends a control wavelet after the sum. Its own sums stay in its memory and need none.
  bool advances(int round) const { return returns && sum_owners.of(round) > 0 && sum_owners.hands_on(round); }
  bool last_round_of_block(int round) const { return round + 1 == rounds || owner_row(round) != owner_row(round + 1); }
  /// The owner of the round after it; past all rows after the last.
  int next_owner(int round) const { return round + 1 < rounds ? owner_row(round + 1) : height; }

  /// Precondition: `kind` is a matrix kernel. `counts`: of a layer with a mask, if they are known; else they are
  /// counted.
  LaunchMap(KernelKind kind, const MatrixLayer& layer, Rectangle rectangle, int tokens,
            std::shared_ptr<const RoundCounts> counts = nullptr);
};

}  // namespace weft::hw
