#pragma once
// Which keys of a sequence a tile of attention has. Keys stand where their tokens do, in the columns of their sequence.
// A tile takes its share of each column's, one share behind the other: so in every tile each column sends as much, and
// its keys stand in the order of their owners, columns as they send, rows as they keep scores (split.h). All sequences
// of a lane have as many tiles, however wide they are. Where columns do not hold equally many keys, or the tiles do not
// divide them, shares differ by one, the earlier tile's and the earlier column's the larger.
#include "hw/fabric/split.h"

namespace weft::hw {

class TileKeys {
 public:
  /// Of a sequence of `length` tokens on `columns` columns. tiles 0: all keys. Precondition: 0 <= tile < tiles, and
  /// fits(), where there are tiles.
  TileKeys(int length, int columns, int tiles, int tile)
      : length_(length), columns_(columns), tiles_(tiles > 0 ? tiles : 1), tile_(tile) {
    for (int column = 0; column < columns; ++column) count_ += of_column(column);
  }
  /// Each tile has a key at least.
  static bool fits(int length, int columns, int tiles) { return tiles <= split_count(length, columns, 0); }

  /// Keys of the tile, a round each: split_count(count(), columns, column) of them are a column's.
  int count() const { return count_; }
  /// Where in the sequence the key of a round stands.
  int place(int round) const {
    const int column = split_line(count_, columns_, round);
    return split_first(length_, columns_, column) + split_first(held(column), tiles_, tile_) + round -
           split_first(count_, columns_, column);
  }

 private:
  int held(int column) const { return split_count(length_, columns_, column); }
  int of_column(int column) const { return split_count(held(column), tiles_, tile_); }

  int length_, columns_, tiles_, tile_, count_ = 0;
};

}  // namespace weft::hw
