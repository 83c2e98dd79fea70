#pragma once
// The next token of a text, drawn from what a model says of each.
#include <cstdint>
#include <vector>

namespace weft::sw {

/// Draws one token after the other. The same logits in the same order, temperature and seed: the same tokens.
class TokenChoice {
 public:
  /// `temperature` >= 0.
  TokenChoice(double temperature, std::uint64_t seed) : temperature_(temperature), seed_(seed) {}

  /// Token i with the probability softmax(logits / temperature)[i]; at temperature 0 the one of the largest logit, of
  /// several the first. Precondition: there is one, and all are finite.
  std::int32_t next(const std::vector<float>& logits);

 private:
  double temperature_;
  std::uint64_t seed_;
  std::uint64_t drawn_ = 0;
};

}  // namespace weft::sw
