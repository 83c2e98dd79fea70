#include "tests/support/reference_optimizer.h"

#include <cmath>

namespace weft::test {

void ReferenceOptimizer::update(std::vector<double>& weights, const std::vector<double>& gradient_sums, double count,
                                int step, Moments& moments) const {
  const double unbias1 = 1 - std::pow(beta1, step), unbias2 = 1 - std::pow(beta2, step);
  moments.first.resize(weights.size());
  moments.second.resize(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    double gradient = gradient_sums[i] / count;
    if (rule == Rule::adamw)
      weights[i] -= rate * weight_decay * weights[i];
    else
      gradient += weight_decay * weights[i];
    double& first = moments.first[i];
    double& second = moments.second[i];
    switch (rule) {
      case Rule::sgd:
        weights[i] -= rate * gradient;
        break;
      case Rule::momentum:
        first = momentum * first + gradient;
        weights[i] -= rate * first;
        break;
      case Rule::adam:
      case Rule::adamw:
        first = beta1 * first + (1 - beta1) * gradient;
        second = beta2 * second + (1 - beta2) * gradient * gradient;
        weights[i] -= rate * (first / unbias1) / (std::sqrt(second / unbias2) + epsilon);
    }
  }
}

}  // namespace weft::test
