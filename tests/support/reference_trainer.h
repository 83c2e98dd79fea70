#pragma once
// A plain trainer in double precision: linear layers, ReLU, softmax with cross entropy, SGD or Adam. Written for
// reading, shares nothing with the kernels; the cluster's loss and weights must track it.
#include <cmath>
#include <vector>

namespace weft::test {

class ReferenceTrainer {
 public:
  struct Layer {
    int inputs, outputs;
    std::vector<double> weight, bias;   ///< [outputs][inputs], [outputs]
  };
  enum class Rule { sgd, adam };

  ReferenceTrainer(std::vector<Layer> layers, Rule rule, double rate) : layers_(std::move(layers)), rule_(rule), rate_(rate) {
    for (const Layer& layer : layers_) moments_.push_back({Moments(layer.weight.size()), Moments(layer.bias.size())});
  }

  /// One step on a batch of samples[batch][inputs]; returns the mean loss before the update.
  double step(const std::vector<std::vector<double>>& samples, const std::vector<int>& labels) {
    std::vector<Layer> gradients = layers_;
    for (Layer& gradient : gradients) {
      gradient.weight.assign(gradient.weight.size(), 0.0);
      gradient.bias.assign(gradient.bias.size(), 0.0);
    }
    double loss = 0;
    for (std::size_t sample = 0; sample < samples.size(); ++sample) loss += backpropagate(samples[sample], labels[sample], gradients);
    ++steps_;
    const auto count = static_cast<double>(samples.size());
    for (std::size_t index = 0; index < layers_.size(); ++index) {
      update(layers_[index].weight, gradients[index].weight, count, moments_[index].weight);
      update(layers_[index].bias, gradients[index].bias, count, moments_[index].bias);
    }
    return loss / count;
  }

  const std::vector<Layer>& layers() const { return layers_; }

 private:
  struct Moments {
    explicit Moments(std::size_t size) : first(size, 0.0), second(size, 0.0) {}
    std::vector<double> first, second;
  };
  struct LayerMoments {
    Moments weight, bias;
  };

  double backpropagate(const std::vector<double>& sample, int label, std::vector<Layer>& gradients) const {
    std::vector<std::vector<double>> values{sample};
    for (std::size_t index = 0; index < layers_.size(); ++index) {
      const Layer& layer = layers_[index];
      std::vector<double> out(layer.bias);
      for (int o = 0; o < layer.outputs; ++o)
        for (int i = 0; i < layer.inputs; ++i) out[at(o)] += layer.weight[at(o * layer.inputs + i)] * values.back()[at(i)];
      if (index + 1 < layers_.size())
        for (double& value : out) value = value > 0 ? value : 0;
      values.push_back(out);
    }
    double sum = 0, largest = values.back()[0];
    for (double logit : values.back()) largest = std::max(largest, logit);
    for (double logit : values.back()) sum += std::exp(logit - largest);
    std::vector<double> delta;
    for (std::size_t o = 0; o < values.back().size(); ++o)
      delta.push_back(std::exp(values.back()[o] - largest) / sum - (static_cast<int>(o) == label ? 1.0 : 0.0));
    for (std::size_t index = layers_.size(); index-- > 0;) {
      const Layer& layer = layers_[index];
      std::vector<double> before(at(layer.inputs), 0.0);
      for (int o = 0; o < layer.outputs; ++o) {
        gradients[index].bias[at(o)] += delta[at(o)];
        for (int i = 0; i < layer.inputs; ++i) {
          gradients[index].weight[at(o * layer.inputs + i)] += delta[at(o)] * values[index][at(i)];
          before[at(i)] += delta[at(o)] * layer.weight[at(o * layer.inputs + i)];
        }
      }
      for (std::size_t i = 0; i < before.size(); ++i)
        if (values[index][i] <= 0) before[i] = 0;
      delta = before;
    }
    return std::log(sum) - (values.back()[at(label)] - largest);
  }

  void update(std::vector<double>& weights, const std::vector<double>& gradients, double count, Moments& moments) const {
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const double gradient = gradients[i] / count;
      if (rule_ == Rule::sgd) {
        weights[i] -= rate_ * gradient;
        continue;
      }
      moments.first[i] = 0.9 * moments.first[i] + 0.1 * gradient;
      moments.second[i] = 0.999 * moments.second[i] + 0.001 * gradient * gradient;
      const double first = moments.first[i] / (1 - std::pow(0.9, steps_)), second = moments.second[i] / (1 - std::pow(0.999, steps_));
      weights[i] -= rate_ * first / (std::sqrt(second) + 1e-8);
    }
  }

  static std::size_t at(int index) { return static_cast<std::size_t>(index); }

  std::vector<Layer> layers_;
  Rule rule_;
  double rate_;
  int steps_ = 0;
  std::vector<LayerMoments> moments_;
};

}  // namespace weft::test
