#pragma once
// ALiBi: a score loses its head's slope times the distance from the token to the key.
#include <cmath>

namespace weft::hw {

/// Of attention's softmax.
struct LinearBias {
  int heads = 0;       ///< of queries in the model, at least 1; 0: there is no bias
  int first_head = 0;  ///< of the scores that are worked on

  bool any() const { return heads > 0; }
  /// Of the head that stands `head` behind the first. Of n heads, a power of two, 2^(-8 (h + 1) / n); else those of
  /// the greatest power of two below n, and behind them every other one of twice as many (Press et al., "Train short,
  /// test long", and the code published with it).
  float slope(int head) const {
    int whole = 1;
    while (2 * whole <= heads) whole *= 2;
    const int place = first_head + head;
    const double exponent = place < whole ? 8.0 * (place + 1) / whole : 4.0 * (2 * (place - whole) + 1) / whole;
    return static_cast<float>(std::exp2(-exponent));
  }
};

}  // namespace weft::hw
