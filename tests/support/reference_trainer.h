#pragma once
// A plain trainer in double precision: linear layers, ReLU or another function between them, softmax with cross
// entropy. Written for reading; shares nothing with the kernels or with MemoryX. The cluster's loss and weights must
// track it.
#include <cstddef>
#include <vector>

#include "tests/support/reference_optimizer.h"

namespace weft::test {

class ReferenceTrainer {
 public:
  struct Layer {
    int inputs, outputs;
    std::vector<double> weight, bias;  ///< [outputs][inputs], [outputs] or empty: none
    std::vector<bool> kept = {};       ///< [outputs][inputs] weights that are not zero for ever; empty: all
  };
  using Rule = ReferenceOptimizer::Rule;
  using Optimizer = ReferenceOptimizer;

  ReferenceTrainer(std::vector<Layer> layers, Optimizer optimizer);
  ReferenceTrainer(std::vector<Layer> layers, Rule rule, double rate);

  /// One step on a batch of samples[batch][inputs]; returns the mean loss before the update.
  double step(const std::vector<std::vector<double>>& samples, const std::vector<int>& labels);
  /// Mean loss of a batch; changes nothing.
  double loss(const std::vector<std::vector<double>>& samples, const std::vector<int>& labels) const;
  /// What the last layer says of a sample; the prediction is its largest.
  std::vector<double> logits(const std::vector<double>& sample) const { return forward(sample).back(); }
  /// Of the layers but the last, in the place of ReLU: value and slope.
  using Function = double (*)(double);
  void set_activation(Function value, Function slope) {
    activation_ = value;
    slope_ = slope;
  }
  /// x times the probability that a normal number is below x, and its derivative.
  static double gelu(double x);
  static double gelu_slope(double x);
  /// Learning rate of the steps to come.
  void set_rate(double rate) { optimizer_.rate = rate; }

  const std::vector<Layer>& layers() const { return layers_; }

 private:
  struct LayerMoments {
    Optimizer::Moments weight, bias;
  };
  using Vector = std::vector<double>;

  /// Input of each layer and, last, the logits; `sums`: of each layer, before its activation.
  std::vector<Vector> forward(const Vector& sample, std::vector<Vector>* sums = nullptr) const;
  /// Adds a sample's gradients; returns its loss.
  double backpropagate(const Vector& sample, int label, std::vector<Layer>& gradients) const;

  std::vector<Layer> layers_;
  Optimizer optimizer_;
  Function activation_ = [](double x) { return x > 0 ? x : 0; };
  Function slope_ = [](double x) { return x > 0 ? 1.0 : 0.0; };
  int steps_ = 0;
  std::vector<LayerMoments> moments_;
};

}  // namespace weft::test
