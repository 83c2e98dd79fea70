#pragma once
// Which token of a lane stands where. Tokens stand in places, those of a column in consecutive ones (split.h). In
// order, token number n of the lane stands in place n. Dealt, the tokens of each sequence go to its columns in turn: of
// a sequence on C columns token t stands in column t mod C, so that a causal mask leaves each of them as much. What
// asks for a token's number (positions, masks, samples) asks here; the products of attention have windows
// (launch_windows.h).
#include <algorithm>

#include "hw/fabric/split.h"

namespace weft::hw {

class TokenOrder {
 public:
  /// `dealt`: tokens of a sequence, each of which has whole columns; 0: all stand in order.
  TokenOrder(int tokens, int columns, int dealt = 0) : tokens_(tokens), columns_(columns), dealt_(dealt) {}

  /// Numbers of a column's tokens: first, first + step and so on.
  struct Column {
    int first, step;
  };
  Column column(int column) const {
    const int place = split_first(tokens_, columns_, column);
    if (dealt_ == 0) return {place, 1};
    const int sequence = place / dealt_;
    return {sequence * dealt_ + column - first_column(sequence), columns_of(sequence)};
  }
  int number_at(int place) const {
    if (dealt_ == 0) return place;
    const Column of = column(split_line(tokens_, columns_, place));
    return of.first + (place - split_first(tokens_, columns_, split_line(tokens_, columns_, place))) * of.step;
  }
  int place_of(int number) const {
    if (dealt_ == 0) return number;
    const int sequence = number / dealt_, token = number % dealt_, wide = columns_of(sequence);
    return split_first(tokens_, columns_, first_column(sequence) + token % wide) + token / wide;
  }

 private:
  int first_column(int sequence) const {
    return sequence * dealt_ < tokens_ ? split_line(tokens_, columns_, sequence * dealt_) : columns_;
  }
  int columns_of(int sequence) const { return first_column(sequence + 1) - first_column(sequence); }

  int tokens_, columns_, dealt_;
};

}  // namespace weft::hw
