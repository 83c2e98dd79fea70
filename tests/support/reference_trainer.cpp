#include "tests/support/reference_trainer.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace weft::test {

namespace {

/// log(sum(exp(logits))), without overflow.
double log_sum(const std::vector<double>& logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const double logit : logits) sum += std::exp(logit - largest);
  return largest + std::log(sum);
}

}  // namespace

ReferenceTrainer::ReferenceTrainer(std::vector<Layer> layers, Optimizer optimizer)
    : layers_(std::move(layers)), optimizer_(optimizer), moments_(layers_.size()) {}

ReferenceTrainer::ReferenceTrainer(std::vector<Layer> layers, Rule rule, double rate)
    : ReferenceTrainer(std::move(layers), [&] {
        Optimizer optimizer;
        optimizer.rule = rule;
        optimizer.rate = rate;
        return optimizer;
      }()) {}

double ReferenceTrainer::gelu(double x) { return x * 0.5 * std::erfc(-x / std::sqrt(2.0)); }

double ReferenceTrainer::gelu_slope(double x) {
  constexpr double root_of_two_pi = 2.50662827463100050;
  return 0.5 * std::erfc(-x / std::sqrt(2.0)) + x * std::exp(-x * x / 2) / root_of_two_pi;
}

double ReferenceTrainer::step(const std::vector<Vector>& samples, const std::vector<int>& labels) {
  std::vector<Layer> gradients = layers_;
  for (Layer& gradient : gradients) {
    std::fill(gradient.weight.begin(), gradient.weight.end(), 0.0);
    std::fill(gradient.bias.begin(), gradient.bias.end(), 0.0);
  }
  double loss_sum = 0;
  for (std::size_t sample = 0; sample < samples.size(); ++sample)
    loss_sum += backpropagate(samples[sample], labels[sample], gradients);
  ++steps_;
  const auto batch = static_cast<double>(samples.size());
  for (std::size_t index = 0; index < layers_.size(); ++index) {
    for (std::size_t i = 0; i < layers_[index].kept.size(); ++i)
      if (!layers_[index].kept[i]) gradients[index].weight[i] = 0;
    optimizer_.update(layers_[index].weight, gradients[index].weight, batch, steps_, moments_[index].weight);
    optimizer_.update(layers_[index].bias, gradients[index].bias, batch, steps_, moments_[index].bias);
  }
  return loss_sum / batch;
}

double ReferenceTrainer::loss(const std::vector<Vector>& samples, const std::vector<int>& labels) const {
  double sum = 0;
  for (std::size_t sample = 0; sample < samples.size(); ++sample) {
    const Vector logits = forward(samples[sample]).back();
    sum += log_sum(logits) - logits[static_cast<std::size_t>(labels[sample])];
  }
  return sum / static_cast<double>(samples.size());
}

std::vector<ReferenceTrainer::Vector> ReferenceTrainer::forward(const Vector& sample, std::vector<Vector>* sums) const {
  std::vector<Vector> values{sample};
  for (const Layer& layer : layers_) {
    Vector out = layer.bias;
    out.resize(static_cast<std::size_t>(layer.outputs), 0.0);
    const double* weight = layer.weight.data();
    for (double& sum : out)
      for (const double input : values.back()) sum += *weight++ * input;
    if (sums) sums->push_back(out);
    if (&layer != &layers_.back())
      for (double& value : out) value = activation_(value);
    values.push_back(std::move(out));
  }
  return values;
}

double ReferenceTrainer::backpropagate(const Vector& sample, int label, std::vector<Layer>& gradients) const {
  std::vector<Vector> sums;
  const std::vector<Vector> values = forward(sample, &sums);
  const Vector& logits = values.back();
  const double log_total = log_sum(logits);
  Vector delta;
  for (const double logit : logits) delta.push_back(std::exp(logit - log_total));
  delta[static_cast<std::size_t>(label)] -= 1;
  for (std::size_t index = layers_.size(); index-- > 0;) {
    const Vector& inputs = values[index];
    const double* weight = layers_[index].weight.data();
    double* gradient = gradients[index].weight.data();
    Vector before(inputs.size(), 0.0);
    for (std::size_t output = 0; output < delta.size(); ++output) {
      if (!gradients[index].bias.empty()) gradients[index].bias[output] += delta[output];
      for (std::size_t input = 0; input < inputs.size(); ++input) {
        *gradient++ += delta[output] * inputs[input];
        before[input] += delta[output] * *weight++;
      }
    }
    for (std::size_t input = 0; index > 0 && input < inputs.size(); ++input)
      before[input] *= slope_(sums[index - 1][input]);
    delta = std::move(before);
  }
  return log_total - logits[static_cast<std::size_t>(label)];
}

}  // namespace weft::test
