#pragma once
// What the softmax of the loss and that of attention share, as instructions and in plain loops: the maximum up the
// column and back, the sum of the exponentials of what is left, its reciprocal.
#include "hw/kernels/line_program.h"

namespace weft::hw {

/// values[f][t] -= the greatest of token t in the whole column; NaN where one of them is. `greatest`: [tokens], fp32,
/// in other banks. Sums of exponentials are then at least 1 or NaN.
void append_less_maximum(LineCode& code, const LinePe& pe, int values, int greatest);

/// The softmax of one token over the features that it sees, fp32 bits.
class PlainSoftmax {
 public:
  using Seen = std::vector<bool>;  ///< [features]; one at least
  /// `values` [features][tokens], which outlive it. scale > 0.
  PlainSoftmax(const BlockMap& block, const std::vector<std::uint32_t>& values, int token, Seen seen, float scale);

  /// Times the scale, less the maximum.
  std::uint32_t below(int feature) const;
  /// e to that; 0 of a feature that is not seen.
  std::uint32_t power(int feature) const;
  /// Of all powers, in the order of the PEs.
  std::uint32_t sum() const { return sum_; }
  std::uint32_t reciprocal() const;

 private:
  bool sees(int feature) const { return seen_[static_cast<std::size_t>(feature)]; }
  std::uint32_t value(int feature) const { return values_[static_cast<std::size_t>(feature * tokens_ + token_)]; }

  const std::vector<std::uint32_t>& values_;
  int tokens_, token_;
  Seen seen_;
  std::uint32_t scale_, greatest_, sum_;
};

}  // namespace weft::hw
