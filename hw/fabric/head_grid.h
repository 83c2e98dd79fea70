#pragma once
// Attention's heads and sequences on a lane. A head has rows of its own and a sequence columns of its own; where they
// cross is the rectangle of one head of one sequence, and a launch of a product of attention is one launch of its
// kernel in each of them (launch_map.h), all at once. Scores and probabilities are [keys][tokens], a rectangle's keys
// over its rows as features of a block. Over the lane they are [heads][keys][tokens of all sequences]; a head's keys
// begin in its first row, so they are no block of keys() features over the lane's rows.
//
// Grouped queries: Q heads of queries share a head of keys and values. Of the queries, and of what attention makes,
// feature j of a head of keys is Q features that stand together, one of each head of queries: so they lie in the row
// that holds feature j of the keys, and a PE has [features][Q x tokens] of them, as of a head with Q times the tokens.
// A key crosses the rows once for all, and its delta is summed over all of them in one launch. Scores are
// [heads][keys][Q][tokens].
#include <algorithm>
#include <string>
#include <vector>

#include "hw/fabric/launch_map.h"
#include "hw/fabric/tile_keys.h"
#include "hw/spec/machine.h"

namespace weft::hw {

/// Equal parts, one behind the other, of what lies over an axis of a lane as split.h says: heads of the features over
/// rows, sequences of the tokens over columns. All numbers at least 1.
struct AxisParts {
  int lines = 1, parts = 1, size = 1;

  int elements() const { return parts * size; }
  /// The line that a part begins in; of `parts` the line behind all that hold any.
  int first_line(int part) const {
    return part < parts ? split_line(elements(), lines, part * size) : std::min(lines, elements());
  }
  int lines_of(int part) const { return first_line(part + 1) - first_line(part); }
  /// The first line that holds some of two parts; -1: each part has lines of its own, which hold its elements as
  /// split.h lays `size` elements over them.
  int cut_line() const;
};

/// The largest number of lines <= `most` on which each part has lines of its own; 0: there is none, `most` < `parts`.
int best_lines(int most, int parts, int size);
/// With grouped queries each row also holds as much as another.
int best_rows(int most, int heads, int head_size, int queries = 1);
inline int best_columns(int most, int sequences, int length) { return best_lines(most, sequences, length); }

/// All numbers at least 1.
struct HeadShape {
  int heads = 1, head_size = 1;   ///< of keys and values: features of a head stand behind those of the head before
  int sequences = 1, length = 1;  ///< the lane's tokens, those of a sequence behind those of the one before
  int queries = 1;                ///< heads of queries that share a head's keys and values
  AttentionMask mask = {};        ///< that products skip by, or scores of a tile are masked by
  int queue = 0;                  ///< that to a core: windows_of(); 0: products skip nothing
  int tiles = 0, tile = 0;        ///< of keys, and which one: tile_keys.h; 0: scores are those of all keys

  int features() const { return heads * head_size; }
  int tokens() const { return sequences * length; }
  int keys() const { return heads * length; }
  bool skips() const { return queue > 0; }
};

class HeadGrid {
 public:
  /// Throws UsageError with the reason that misfit() gives.
  HeadGrid(Rectangle lane, const HeadShape& shape);
  /// Why the shape cannot lie on the lane: which row and which column are cut, and how many rows and columns would do.
  /// Empty: it can.
  static std::string misfit(Rectangle lane, const HeadShape& shape);

  const HeadShape& shape() const { return shape_; }

  /// One head of one sequence.
  struct Place {
    int first_row, first_column;
    Rectangle rectangle;
    int first_feature;  ///< of head_size
    int first_key;      ///< of `length`, among the lane's keys(): a row of its scores
    int first_token;    ///< of `length`
  };
  int places() const { return shape_.heads * shape_.sequences; }
  /// 0 <= index < places(), head by head.
  Place place(int index) const { return place(index / shape_.sequences, index % shape_.sequences); }
  Place place(int head, int sequence) const;

  /// Rectangles of one size: launches in them are copies of each other.
  struct Kind {
    Rectangle rectangle;
    int count;
  };
  /// In the order of their first place. The counts add up to places().
  std::vector<Kind> kinds() const;

  /// The launch of a product in a rectangle of the grid. Precondition: `kind` is attention's.
  LaunchMap map(KernelKind kind, Rectangle rectangle) const;
  /// The keys that a launch in a rectangle of the grid has.
  TileKeys keys(Rectangle rectangle) const { return {shape_.length, rectangle.width, shape_.tiles, shape_.tile}; }
  /// Scores of a rectangle of the grid: keys as features, of each the queries' heads together.
  BlockMap scores(Rectangle rectangle) const { return block(rectangle, keys(rectangle).count()); }
  /// What a line kernel on a rectangle of the grid works on: scores, or a head's features.
  BlockMap block(KernelKind kind, Rectangle rectangle) const {
    return kernel_of(kind).by_head ? block(rectangle, shape_.head_size) : scores(rectangle);
  }
  /// Of scores, where products skip or keys are a tile's and there is a mask; null: they are all there, in order.
  std::shared_ptr<const ScoreWindows> score_windows(Rectangle rectangle) const;

 private:
  LaunchMap whole_map(KernelKind kind, Rectangle rectangle, int queries) const;
  KeyNumbers numbers(Rectangle rectangle) const;
  BlockMap block(Rectangle rectangle, int features) const {
    return {rectangle, shape_.queries * features, shape_.length, shape_.queries, shape_.skips() ? shape_.length : 0};
  }

  HeadShape shape_;
  AxisParts rows_, columns_;
};

/// Of the launches that run so: attention's products and the line kernels on its scores and on a head's features.
constexpr bool in_heads(KernelKind kind) {
  return kernel_of(kind).by_key || kernel_of(kind).makes_scores || kernel_of(kind).by_head;
}

/// As people count: of a launch on one tile of keys from 1 on, else 0.
inline int tile_number(const MatrixLayer& layer, const Launch& launch) {
  const bool of_tile = layer.attention.tiles > 0 && in_heads(launch.kind) && !kernel_of(launch.kind).once;
  return of_tile ? launch.tile + 1 : 0;
}

/// The first row of a place in a tensor of the whole lane: of scores, of numbers of each head, of queries' features.
inline int first_row(const WaferTensor& tensor, const HeadShape& shape, const HeadGrid::Place& place) {
  if (tensor.of_heads) return shape.queries * (place.first_key / shape.length);
  return shape.queries * (tensor.scores ? place.first_key : place.first_feature);
}

/// Of a layer that is attention, on a lane with so many tokens.
HeadShape head_shape(const MatrixLayer& layer, int tokens);
/// Of a layer that is attention, on a lane with `tokens` tokens: whole sequences; of its launches on one tile of keys.
/// Throws as HeadGrid.
HeadGrid head_grid(const MatrixLayer& layer, const MachineSpec& machine, Rectangle lane, int tokens, int tile = 0);

}  // namespace weft::hw
