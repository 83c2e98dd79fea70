#include "tests/support/reference_operations.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <stdexcept>

#include "hw/spec/attention_mask.h"
#include "sw/graph/operation_types.h"
#include "tests/support/reference_trainer.h"

namespace weft::test {

namespace {

using sw::Pass;

/// A call with its shape at hand. in(0) is of the delta and the gradient pass the output's delta, but of a loss.
struct Work {
  explicit Work(const OperationCall& call)
      : of(call),
        pass(call.operation.pass),
        tokens(call.tokens),
        inputs(static_cast<std::size_t>(call.operation.input_features)),
        outputs(static_cast<std::size_t>(call.operation.output_features)) {}

  const double* in(std::size_t index) const { return of.inputs[index]->data(); }
  double* out(std::size_t index = 0) const { return of.outputs[index]->data(); }
  const Values& parameter(const char* which) const {
    return of.parameters.at(sw::parameter_owner(of.operation) + which);
  }

  const OperationCall& of;
  Pass pass;
  std::size_t tokens, inputs, outputs;
};

void add_scaled(double* sums, double factor, const double* values, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) sums[i] += factor * values[i];
}

double dot(const double* a, const double* b, std::size_t count) {
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

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

std::size_t queries_of(const Work& work) {
  return std::max<std::size_t>(1, static_cast<std::size_t>(work.of.operation.attribute("queries")));
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

/// Of the [heads x sequence][tokens] scores a head's, key's and sequence's; with a feature of that head. Calls
/// visit(scores of the sequence's tokens, the feature of the sequence's tokens, the feature of the key, sequence).
/// With grouped queries also the row of one of the head's query heads, and the place of its scores.
template <typename Visit>
void for_each_key(const Work& work, std::size_t features, std::size_t heads, Visit&& visit) {
  const std::size_t queries = queries_of(work);
  const auto sequence = static_cast<std::size_t>(work.of.operation.attribute("sequence"));
  const std::size_t wide = features / heads;
  for (std::size_t head = 0; head < heads; ++head)
    for (std::size_t first = 0; first < work.tokens; first += sequence)
      for (std::size_t key = 0; key < sequence; ++key)
        for (std::size_t feature = head * wide; feature < (head + 1) * wide; ++feature)
          for (std::size_t query = 0; query < queries; ++query)
            visit(((head * sequence + key) * queries + query) * work.tokens + first,
                  (feature * queries + query) * work.tokens + first, feature * work.tokens + first + key, sequence);
}

/// Scores from what tokens and keys have, or one of these from the scores and the other.
enum class Wanted { scores, of_tokens, of_keys };

void attend(const Work& work, std::size_t features, std::size_t heads, Wanted wanted, const double* one,
            const double* other) {
  double* made = work.out();
  for_each_key(work, features, heads, [&](std::size_t scores, std::size_t row, std::size_t key, std::size_t sequence) {
    if (wanted == Wanted::scores)  // one: of tokens, other: of keys
      add_scaled(made + scores, other[key], one + row, sequence);
    else if (wanted == Wanted::of_tokens)  // one: scores, other: of keys
      add_scaled(made + row, other[key], one + scores, sequence);
    else  // one: scores, other: of tokens
      made[key] += dot(one + scores, other + row, sequence);
  });
}

void attention_scores(const Work& work) {
  const auto heads = static_cast<std::size_t>(work.of.operation.attribute("heads"));
  const Wanted wanted = work.pass == Pass::forward        ? Wanted::scores
                        : work.of.operation.of_input == 0 ? Wanted::of_tokens
                                                          : Wanted::of_keys;
  attend(work, work.inputs / queries_of(work), heads, wanted, work.in(0), work.in(1));
}

void attention_values(const Work& work) {
  const std::size_t queries = queries_of(work), features = work.outputs / queries;
  const std::size_t heads = work.inputs / queries / static_cast<std::size_t>(work.of.operation.attribute("sequence"));
  if (work.pass == Pass::forward)
    attend(work, features, heads, Wanted::of_tokens, work.in(0), work.in(1));
  else if (work.of.operation.of_input == 0)
    attend(work, features, heads, Wanted::scores, work.in(0), work.in(1));
  else
    attend(work, features, heads, Wanted::of_keys, work.in(1), work.in(0));
}

/// That token `t` attends to.
std::vector<std::size_t> keys_of(const OperationCall& of, std::size_t t, std::size_t sequence) {
  const auto reach = static_cast<std::size_t>(of.operation.attribute("reach"));
  const std::size_t place = t % sequence, first = t - place;
  std::vector<std::size_t> keys;
  for (std::size_t key = 0; key < sequence; ++key) {
    if (of.operation.attribute("causal") != 0 && key > place) continue;
    if (reach > 0 && place >= key + reach) continue;
    if (of.operation.attribute("padded") != 0 && of.labels->at(first + key) == hw::padding_label) continue;
    keys.push_back(key);
  }
  return keys;
}

/// As ALiBi's published code lists them: a geometric series, of other than powers of two filled up from the next one's.
double alibi_slope(std::size_t head, std::size_t heads) {
  std::vector<double> slopes;
  const auto series = [](std::size_t n) {
    std::vector<double> all;
    const double first = std::pow(2.0, -8.0 / static_cast<double>(n));
    for (double slope = first; all.size() < n; slope *= first) all.push_back(slope);
    return all;
  };
  std::size_t whole = 1;
  while (2 * whole <= heads) whole *= 2;
  slopes = series(whole);
  const std::vector<double> twice = series(2 * whole);
  for (std::size_t at = 0; slopes.size() < heads; at += 2) slopes.push_back(twice[at]);
  return slopes[head];
}

void attention_softmax(const Work& work) {
  const sw::Operation& operation = work.of.operation;
  const auto sequence = static_cast<std::size_t>(operation.attribute("sequence"));
  const double scale = operation.attribute("scale");
  const std::size_t queries = queries_of(work), heads = work.inputs / sequence;
  for (std::size_t head = 0; head < heads; ++head)
    for (std::size_t t = 0; t < work.tokens; ++t) {
      const auto at = [&](std::size_t key) {
        return ((head / queries * sequence + key) * queries + head % queries) * work.tokens + t;
      };
      if (work.pass == Pass::delta) {
        double along = 0;
        for (std::size_t key = 0; key < sequence; ++key) along += work.in(0)[at(key)] * work.in(1)[at(key)];
        for (std::size_t key = 0; key < sequence; ++key)
          work.out()[at(key)] = scale * work.in(1)[at(key)] * (work.in(0)[at(key)] - along);
        continue;
      }
      const std::vector<std::size_t> keys = keys_of(work.of, t, sequence);
      const double slope = operation.attribute("linear_bias") != 0 ? alibi_slope(head, heads) : 0;
      const auto score = [&](std::size_t key) {
        return scale * work.in(0)[at(key)] - slope * (static_cast<double>(t % sequence) - static_cast<double>(key));
      };
      double largest = -std::numeric_limits<double>::infinity(), sum = 0;
      for (const std::size_t key : keys) largest = std::max(largest, score(key));
      for (const std::size_t key : keys) sum += work.out()[at(key)] = std::exp(score(key) - largest);
      for (const std::size_t key : keys) work.out()[at(key)] /= sum;
    }
}

void softmax_cross_entropy(const Work& work) {
  for (std::size_t t = 0; t < work.tokens; ++t) {
    const double label = work.in(1)[t];
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
      {"SwiGLU", swiglu},
      {"Rotary", rotary},
      {"Add", add},
      {"LayerNorm", norm<true>},
      {"RMSNorm", norm<false>},
      {"AttentionScores", attention_scores},
      {"AttentionSoftmax", attention_softmax},
      {"AttentionValues", attention_values},
      {"SoftmaxCrossEntropy", softmax_cross_entropy},
  };
  const auto found = operations.find(call.operation.type);
  if (found == operations.end()) throw std::invalid_argument("no reference for " + call.operation.type);
  found->second(Work(call));
}

}  // namespace weft::test
