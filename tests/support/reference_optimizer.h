#pragma once
// Optimizers in double precision, as PyTorch's text has them; for the reference trainers.
#include <vector>

namespace weft::test {

/// Weight decay is added to the gradient, but of adamw it shrinks the weight itself.
struct ReferenceOptimizer {
  enum class Rule { sgd, momentum, adam, adamw };
  /// A parameter tensor's state; empty before the first step.
  struct Moments {
    std::vector<double> first, second;
  };

  Rule rule = Rule::sgd;
  double rate = 0.001;
  double momentum = 0.9;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double weight_decay = 0;

  /// Step `step`, from 1, by the mean of `count` gradients whose sums are given.
  void update(std::vector<double>& weights, const std::vector<double>& gradient_sums, double count, int step,
              Moments& moments) const;
};

}  // namespace weft::test
