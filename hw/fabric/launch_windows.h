#pragma once
// Which tokens of a column a round of attention has: a round is a key, and a mask leaves out tokens that do not attend
// to it. What is left in a column is a window of its tokens, for their numbers rise: those of consecutive tokens, or of
// tokens that are dealt to the columns in turn (token_order.h).
#include <cstdint>
#include <optional>
#include <vector>

#include "hw/fabric/token_order.h"
#include "hw/spec/attention_mask.h"

namespace weft::hw {

struct LaunchMap;

/// Tokens of a column, counted from its first one.
struct TokenWindow {
  std::uint16_t first = 0, count = 0;

  int end() const { return first + count; }
  friend bool operator==(const TokenWindow& a, const TokenWindow& b) {
    return a.first == b.first && a.count == b.count;
  }
  bool has(int token) const { return token >= first && token < end(); }
  friend bool meet(const TokenWindow& a, const TokenWindow& b) {
    return a.count > 0 && b.count > 0 && a.first < b.end() && b.first < a.end();
  }
};

class LaunchWindows {
 public:
  /// [rounds][columns].
  LaunchWindows(int columns, std::vector<TokenWindow> windows) : columns_(columns), windows_(std::move(windows)) {}

  TokenWindow at(int round, int column) const {
    return windows_[static_cast<std::size_t>(round) * static_cast<std::size_t>(columns_) +
                    static_cast<std::size_t>(column)];
  }

 private:
  int columns_;
  std::vector<TokenWindow> windows_;
};

/// The numbers of tokens of a sequence, and of the key of each round.
struct KeyNumbers {
  TokenOrder order;
  std::vector<int> keys;
};
/// Dealt, a round a key. Precondition: `map` is attention's.
KeyNumbers dealt_keys(const LaunchMap& map);

/// The windows of a mask. Where a round's sums or its vector pass along the columns, a window has no less tokens than
/// `queue`, that to a core (or all of the column's): some are then computed that the mask leaves out. So the queue
/// never holds more than the next round's, which is what the recurrences go by (stream_reduce.h, vector_stage.h);
/// without it a queue would have to be as short as the shortest window, and a sum would pass in as many cycles as a
/// credit takes. Precondition: `map` is attention's, without grouped queries.
LaunchWindows windows_of(const LaunchMap& map, const AttentionMask& mask, int queue, const KeyNumbers& numbers);

/// Of the scores of one head of one sequence, where products skip what its mask leaves out, or keys are a tile's.
struct ScoreWindows {
  std::vector<int> keys;         ///< the number of each round's
  std::vector<int> places = {};  ///< of a tile: where in the sequence they stand; else each in its round's
  /// Where products skip: which scores there are, one window behind the other, and which of these the mask leaves.
  /// None: all scores are there.
  std::optional<LaunchWindows> stored = {}, attended = {};
};
/// Of scores of a tile, `together` rows of them to a key: which row of those of all keys it is.
inline int row_of_score(const ScoreWindows& tile, int together, int row) {
  return tile.places[static_cast<std::size_t>(row / together)] * together + row % together;
}

}  // namespace weft::hw
