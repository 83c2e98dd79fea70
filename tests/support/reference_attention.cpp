// Attention in double precision, as its formulas are written.
#include <algorithm>
#include <cmath>
#include <limits>

#include "hw/spec/attention_mask.h"
#include "tests/support/reference_work.h"

namespace weft::test {

using sw::Pass;

namespace {

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

}  // namespace

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

namespace {

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

}  // namespace

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

namespace {

/// One of the three operations that attention is, of the attributes that they have in one.
Values part_of(const Work& whole, const char* type, Pass pass, int of_input, std::size_t input_features,
               std::size_t output_features, const std::vector<const Values*>& inputs, std::size_t made) {
  sw::Operation operation = whole.of.operation;
  operation.type = type;
  operation.pass = pass;
  operation.of_input = of_input;
  operation.input_features = static_cast<int>(input_features);
  operation.output_features = static_cast<int>(output_features);
  Values output(made * whole.tokens);
  run_operation({operation, whole.tokens, inputs, {&output}, whole.of.parameters, whole.of.labels});
  return output;
}

}  // namespace

void tiled_attention(const Work& work) {
  const std::size_t first = work.pass == Pass::delta ? 1 : 0, of_keys = work.inputs / queries_of(work);
  const Values *queries = work.of.inputs[first], *keys = work.of.inputs[first + 1], *values = work.of.inputs[first + 2];
  const std::size_t scores = queries_of(work) * static_cast<std::size_t>(work.of.operation.attribute("heads")) *
                             static_cast<std::size_t>(work.of.operation.attribute("sequence"));
  const auto of_scores = [&](Pass pass, int of, const std::vector<const Values*>& inputs, std::size_t made) {
    return part_of(work, "AttentionScores", pass, of, work.inputs, scores, inputs, made);
  };
  const auto of_softmax = [&](Pass pass, const std::vector<const Values*>& inputs) {
    return part_of(work, "AttentionSoftmax", pass, 0, scores, scores, inputs, scores);
  };
  const auto of_values = [&](Pass pass, int of, const std::vector<const Values*>& inputs, std::size_t made) {
    return part_of(work, "AttentionValues", pass, of, scores, work.outputs, inputs, made);
  };
  const auto dropped = [&](Values all) {
    for (std::size_t at = 0; work.of.dropout && at < all.size(); ++at)
      all[at] *= work.of.dropout(at / work.tokens, at % work.tokens);
    return all;
  };
  const Values raw = of_scores(Pass::forward, 0, {queries, keys}, scores);
  const Values probabilities = of_softmax(Pass::forward, {&raw}), left = dropped(probabilities);
  if (work.pass == Pass::forward) {
    *work.of.outputs[0] = of_values(Pass::forward, 0, {&left, values}, work.outputs);
    return;
  }
  const Values* deltas = work.of.inputs[0];
  const Values of_probabilities = dropped(of_values(Pass::delta, 0, {deltas, values}, scores));
  const Values score_deltas = of_softmax(Pass::delta, {&of_probabilities, &probabilities});
  *work.of.outputs[0] = of_scores(Pass::delta, 0, {&score_deltas, keys}, work.inputs);
  *work.of.outputs[1] = of_scores(Pass::delta, 1, {&score_deltas, queries}, of_keys);
  *work.of.outputs[2] = of_values(Pass::delta, 1, {deltas, &left}, of_keys);
}

}  // namespace weft::test
