#pragma once
// Which keys a token of a sequence attends to.
#include <cstdint>

namespace weft::hw {

/// In place of a label of a token that pads its sequence: it has none, and where the model is told to
/// (AttentionShape::padded) no token attends to it. Padding stands at a sequence's end.
constexpr std::int32_t padding_label = -2;

/// Token t attends to key k. Without any of these every one does to every one.
struct AttentionMask {
  bool causal = false;  ///< only where k <= t
  int reach = 0;        ///< only where t < k + reach; 0: however far
  int length = 0;       ///< only where both are below it: those behind pad the sequence; 0: all of them exist

  bool any() const { return causal || reach > 0 || length > 0; }
  bool attends(int token, int key) const {
    return (!causal || key <= token) && (reach == 0 || token < key + reach) &&
           (length == 0 || (token < length && key < length));
  }
};

}  // namespace weft::hw
