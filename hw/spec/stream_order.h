#pragma once
// In which order the weights of a launch travel along an edge channel that feeds several rows.
#include <string>

namespace weft::hw {

/// By round: all weights of a round (an output of the forward pass, an input of the delta pass), row by row; then the
/// next round. With a `block` a row gets its weights of so many rounds before the channel turns to the next row.
/// By element: all rounds of a row's first element, then of its second: input-major in the forward pass.
struct StreamOrder {
  bool by_element = false;
  int block = 1;  ///< rounds; by_element ignores it

  bool operator==(const StreamOrder& other) const { return by_element == other.by_element && block == other.block; }
};

}  // namespace weft::hw
