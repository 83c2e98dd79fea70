#include "tests/support/reference_operations.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <stdexcept>

#include "tests/support/reference_trainer.h"
#include "tests/support/reference_work.h"

namespace weft::test {

namespace {

using sw::Pass;

double sum_of(const double* values, std::size_t count) {
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += values[i];
  return sum;
}

void linear(const Work& work) {
  const std::size_t tokens = work.tokens;
  const bool bias = work.of.parameters.count(work.of.operation.name + ".bias") > 0;
  if (work.pass == Pass::gradient) {
    const double *deltas = work.in(0), *inputs = work.in(1);
    for (std::size_t o = 0; o < work.outputs; ++o) {
      const double* delta = deltas + o * tokens;
      for (std::size_t i = 0; i < work.inputs; ++i)
        work.out(0)[o * work.inputs + i] = dot(delta, inputs + i * tokens, tokens);
      if (bias) work.out(1)[o] = sum_of(delta, tokens);
    }
    return;
  }
  const Values& weight = work.parameter(".weight");
  for (std::size_t o = 0; o < work.outputs; ++o) {
    for (std::size_t i = 0; i < work.inputs; ++i) {
      const double w = weight[o * work.inputs + i];
      if (work.pass == Pass::forward)
        add_scaled(work.out() + o * tokens, w, work.in(0) + i * tokens, tokens);
      else
        add_scaled(work.out() + i * tokens, w, work.in(0) + o * tokens, tokens);
    }
    if (bias && work.pass == Pass::forward)
      for (std::size_t t = 0; t < tokens; ++t) work.out()[o * tokens + t] += work.parameter(".bias")[o];
  }
}

void embedding(const Work& work) {
  const std::size_t tokens = work.tokens, of = static_cast<std::size_t>(work.of.operation.attribute("of"));
  const bool forward = work.pass == Pass::forward;
  const double* ids = work.in(forward ? 0 : 1) + of * tokens;
  for (std::size_t t = 0; t < tokens; ++t) {
    const auto id = static_cast<std::size_t>(ids[t]);
    for (std::size_t feature = 0; feature < work.outputs; ++feature) {
      const std::size_t in_table = id * work.outputs + feature, of_token = feature * tokens + t;
      if (forward)
        work.out()[of_token] = work.parameter(".weight")[in_table];
      else
        work.out()[in_table] += work.in(0)[of_token];
    }
  }
}

using Function = double (*)(double);

/// `slope` is asked at what the delta pass reads.
template <Function value, Function slope>
void elementwise(const Work& work) {
  for (std::size_t i = 0; i < work.outputs * work.tokens; ++i)
    work.out()[i] = work.pass == Pass::forward ? value(work.in(0)[i]) : work.in(0)[i] * slope(work.in(1)[i]);
}

double relu(double x) { return x > 0 ? x : 0; }
double relu_slope(double y) { return y > 0 ? 1 : 0; }

const double root_two_over_pi = std::sqrt(2 / std::acos(-1.0));
double gelu_tanh(double x) { return x / 2 * (1 + std::tanh(root_two_over_pi * (x + 0.044715 * x * x * x))); }
double gelu_tanh_slope(double x) {
  const double t = std::tanh(root_two_over_pi * (x + 0.044715 * x * x * x));
  return (1 + t) / 2 + x / 2 * (1 - t * t) * root_two_over_pi * (1 + 3 * 0.044715 * x * x);
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double silu(double x) { return x * sigmoid(x); }
double silu_slope(double x) { return sigmoid(x) * (1 + x * (1 - sigmoid(x))); }
double tanh_of(double x) { return std::tanh(x); }
double tanh_slope(double x) { return 1 - std::tanh(x) * std::tanh(x); }

void swiglu(const Work& work) {
  const bool forward = work.pass == Pass::forward;
  const double *gates = work.in(forward ? 0 : 1), *linears = work.in(forward ? 1 : 2);
  for (std::size_t i = 0; i < work.outputs * work.tokens; ++i) {
    const double s = sigmoid(gates[i]), silu = gates[i] * s;
    if (forward)
      work.out()[i] = silu * linears[i];
    else if (work.of.operation.of_input == 0)
      work.out()[i] = work.in(0)[i] * linears[i] * (s + silu * (1 - s));
    else
      work.out()[i] = work.in(0)[i] * silu;
  }
}

/// A pair is a complex number, times e^(i angle); the derivative's transpose is times e^(-i angle).
void rotary(const Work& work) {
  const sw::Operation& operation = work.of.operation;
  const auto sequence = static_cast<std::size_t>(operation.attribute("sequence"));
  const std::size_t queries = queries_of(work);
  const auto head_size = work.inputs / queries / static_cast<std::size_t>(operation.attribute("heads"));
  const double turned =
      operation.attribute("turned") > 0 ? operation.attribute("turned") : static_cast<double>(head_size);
  for (std::size_t row = 0; row < work.inputs; ++row) {
    const std::size_t feature = row / queries;
    if (feature % 2 != 0) continue;
    const auto place = static_cast<double>(feature % head_size);
    const double frequency = place < turned ? std::pow(operation.attribute("base"), -place / turned) : 0;
    for (std::size_t t = 0; t < work.tokens; ++t) {
      const double angle = static_cast<double>(t % sequence) * frequency;
      const std::size_t even = row * work.tokens + t, odd = even + queries * work.tokens;
      const std::complex<double> turned = std::complex<double>(work.in(0)[even], work.in(0)[odd]) *
                                          std::polar(1.0, work.pass == Pass::forward ? angle : -angle);
      work.out()[even] = turned.real();
      work.out()[odd] = turned.imag();
    }
  }
}

void add(const Work& work) {
  for (const Values* input : work.of.inputs) add_scaled(work.out(), 1, input->data(), input->size());
}

/// A token's normed features and the root that they were divided by.
struct Normed {
  Values values;
  double root;
};

Normed normed(const Work& work, const double* inputs, std::size_t token, bool centred) {
  Values x;
  for (std::size_t i = 0; i < work.inputs; ++i) x.push_back(inputs[i * work.tokens + token]);
  const auto count = static_cast<double>(work.inputs);
  const double mean = centred ? sum_of(x.data(), x.size()) / count : 0;
  for (double& value : x) value -= mean;
  const double root = std::sqrt(dot(x.data(), x.data(), x.size()) / count + work.of.operation.attribute("epsilon"));
  for (double& value : x) value /= root;
  return {std::move(x), root};
}

template <bool centred>
void norm(const Work& work) {
  const std::size_t tokens = work.tokens;
  for (std::size_t t = 0; t < tokens; ++t) {
    const auto [x, root] = normed(work, work.in(work.pass == Pass::forward ? 0 : 1), t, centred);
    if (work.pass == Pass::forward) {
      for (std::size_t i = 0; i < work.inputs; ++i)
        work.out()[i * tokens + t] = work.parameter(".weight")[i] * x[i] + (centred ? work.parameter(".bias")[i] : 0);
    } else if (work.pass == Pass::gradient) {
      for (std::size_t i = 0; i < work.inputs; ++i) {
        work.out(0)[i] += work.in(0)[i * tokens + t] * x[i];
        if (centred) work.out(1)[i] += work.in(0)[i * tokens + t];
      }
    } else {
      Values g;
      for (std::size_t i = 0; i < work.inputs; ++i)
        g.push_back(work.parameter(".weight")[i] * work.in(0)[i * tokens + t]);
      const auto count = static_cast<double>(work.inputs);
      const double mean = centred ? sum_of(g.data(), g.size()) / count : 0;
      const double along = dot(g.data(), x.data(), x.size()) / count;
      for (std::size_t i = 0; i < work.inputs; ++i) work.out()[i * tokens + t] = (g[i] - mean - x[i] * along) / root;
    }
  }
}

void softmax_cross_entropy(const Work& work) {
  const auto of = static_cast<std::size_t>(work.of.operation.attribute("of"));
  for (std::size_t t = 0; t < work.tokens; ++t) {
    const double label = work.in(1)[of * work.tokens + t];
    if (label < 0) continue;
    const auto right = static_cast<std::size_t>(label);
    const auto at = [&](std::size_t i) { return i * work.tokens + t; };
    double largest = work.in(0)[t], sum = 0;
    for (std::size_t i = 0; i < work.inputs; ++i) largest = std::max(largest, work.in(0)[at(i)]);
    for (std::size_t i = 0; i < work.inputs; ++i) sum += std::exp(work.in(0)[at(i)] - largest);
    if (work.pass == Pass::forward) {
      work.out()[t] = largest + std::log(sum) - work.in(0)[at(right)];
      continue;
    }
    for (std::size_t i = 0; i < work.inputs; ++i) work.out()[at(i)] = std::exp(work.in(0)[at(i)] - largest) / sum;
    work.out()[at(right)] -= 1;
  }
}

}  // namespace

void run_operation(const OperationCall& call) {
  static const std::map<std::string, void (*)(const Work&)> operations{
      {"Linear", linear},
      {"Embedding", embedding},
      {"ReLU", elementwise<relu, relu_slope>},
      {"GELU", elementwise<ReferenceTrainer::gelu, ReferenceTrainer::gelu_slope>},
      {"GELU_tanh", elementwise<gelu_tanh, gelu_tanh_slope>},
      {"SiLU", elementwise<silu, silu_slope>},
      {"Tanh", elementwise<tanh_of, tanh_slope>},
      {"SwiGLU", swiglu},
      {"Rotary", rotary},
      {"Add", add},
      {"LayerNorm", norm<true>},
      {"RMSNorm", norm<false>},
      {"AttentionScores", attention_scores},
      {"AttentionSoftmax", attention_softmax},
      {"AttentionValues", attention_values},
      {"TiledAttention", tiled_attention},
      {"SoftmaxCrossEntropy", softmax_cross_entropy},
  };
  const auto found = operations.find(call.operation.type);
  if (found == operations.end()) throw std::invalid_argument("no reference for " + call.operation.type);
  found->second(Work(call));
}

}  // namespace weft::test
