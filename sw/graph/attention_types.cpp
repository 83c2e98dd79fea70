// Attention as the products and the softmax that it is, each with a kernel of its own. Of each head and each sequence
// of `sequence` tokens alone; a head is features / heads features that stand together.
//
// Grouped queries: `queries` heads of queries (1 if it is not given) share a head of keys and values, and `heads` are
// these. Feature j of them stands together, one of each: of queries, and of what AttentionValues makes, feature j of
// query head q of head h is h x size x queries + j x queries + q.
//
// AttentionScores(queries, keys): of token t and key j of its sequence, the sum over a head's features of queries[t]
// keys[j]. Scores are [heads x sequence x queries][tokens], a head's keys together, of a key each head of queries.
// AttentionSoftmax(scores): softmax over a head's keys of scale times the score; a key that the token does not attend
// to has the probability 0: with causal 1 those behind it, with a reach all but its own and reach - 1 before it (and
// those behind it, if not causal), with padded 1, and neither of these, those behind its sequence's length, which the
// data say. With linear_bias 1 a score loses the distance from token to key times its head's slope (ALiBi,
// hw/spec/linear_bias.h), for which keys must not stand behind the token. With skip_masked 1 the products around it
// skip what causal and reach leave out, and the tokens of a sequence are dealt to its columns in turn: the same but for
// the order of sums. Rotary(features): positions of queries and keys. Of each head, features 2 i and 2 i + 1 of the
// token at place p of its sequence are turned by the angle p base^(-2 i / turned), as hw/kernels/rotary.h has it; those
// from `turned` on are not. It is the head's size if it is not given. AttentionValues(probabilities, values): the sum
// over keys j of probability[j] values[j].
//
// TiledAttention(queries, keys, values): the three of them in one, some `tile_keys` keys at a time, so that scores and
// probabilities of no more than these are there at a time (hw/kernels/attention_tiles.h). The same but for rounding.
// With `dropout` probabilities are dropped as an operation Dropout of that probability does it in training.
#include <algorithm>

#include "sw/graph/operation_families.h"

namespace weft::sw {

namespace {

constexpr double longest_sequence = 1 << 20;

AttributeRange tokens_of_sequence() { return {"sequence", 1, longest_sequence, true, true}; }
AttributeRange heads_of_keys() { return {"heads", 1, most_features, true, true}; }
AttributeRange heads_of_queries() { return {"queries", 1, most_features, true, false}; }
/// With what an operation has besides.
std::vector<AttributeRange> softmax_attributes(std::vector<AttributeRange> all) {
  const AttributeRange of_softmax[] = {tokens_of_sequence(),
                                       {"scale", 0, 1e6, false, true},
                                       {"causal", 0, 1, true, false},
                                       {"reach", 0, longest_sequence, true, false},
                                       {"padded", 0, 1, true, false},
                                       {"linear_bias", 0, 1, true, false},
                                       {"skip_masked", 0, 1, true, false},
                                       heads_of_queries()};
  all.insert(all.end(), std::begin(of_softmax), std::end(of_softmax));
  return all;
}

std::int64_t sequence_of(const Operation& operation) {
  return static_cast<std::int64_t>(operation.attribute("sequence"));
}

int scores_features(const Operation& operation, const std::vector<int>& inputs) {
  const auto heads = static_cast<std::int64_t>(operation.attribute("heads"));
  const std::int64_t queries = queries_to_a_head(operation), scores = heads * queries * sequence_of(operation);
  const bool fits = inputs[0] == queries * inputs[1] && inputs[1] % heads == 0 && scores <= most_features;
  return fits ? static_cast<int>(scores) : 0;
}

int softmax_features(const Operation& operation, const std::vector<int>& inputs) {
  return inputs.front() % (sequence_of(operation) * queries_to_a_head(operation)) == 0 ? inputs.front() : 0;
}

int values_features(const Operation& operation, const std::vector<int>& inputs) {
  const std::int64_t queries = queries_to_a_head(operation), of_head = sequence_of(operation) * queries;
  const bool fits = inputs[0] % of_head == 0 && inputs[1] % (inputs[0] / of_head) == 0;
  return fits && inputs[1] * queries <= most_features ? static_cast<int>(inputs[1] * queries) : 0;
}

/// A token's features with those of each token of its sequence, whatever the mask: the same in every pass.
std::int64_t scores_flops(const Operation& operation) { return 2 * sequence_of(operation) * operation.input_features; }
std::int64_t values_flops(const Operation& operation) { return 2 * sequence_of(operation) * operation.output_features; }

/// Per score: scale, maximum, subtraction, exponential, sum, division. Delta, with P the probability: into the sum of
/// P delta two, minus that sum, times P, times scale.
std::int64_t softmax_flops(const Operation& operation) {
  return (operation.pass == Pass::delta ? 5LL : 6LL) * operation.input_features;
}

int tiled_features(const Operation& operation, const std::vector<int>& inputs) {
  return inputs[2] == inputs[1] && scores_features(operation, inputs) > 0 ? inputs[0] : 0;
}

/// Scores, softmax and values; backwards dP, dQ, dK and dV, and what is left of the softmax. What is made again does
/// not count.
std::int64_t tiled_flops(const Operation& operation) {
  const auto heads = static_cast<std::int64_t>(operation.attribute("heads")) * queries_to_a_head(operation);
  const std::int64_t products = operation.pass == Pass::delta ? 4 : 2, of_score = operation.pass == Pass::delta ? 5 : 6;
  return products * 2 * sequence_of(operation) * operation.input_features + of_score * heads * sequence_of(operation);
}

int rotary_features(const Operation& operation, const std::vector<int>& inputs) {
  const std::int64_t heads = queries_to_a_head(operation) * static_cast<std::int64_t>(operation.attribute("heads"));
  const bool fits = inputs.front() % (2 * heads) == 0 && operation.attribute("turned") <= inputs.front() / heads;
  return fits ? inputs.front() : 0;
}

/// Two products and their sum, backwards as well; sines and cosines do not count, which need not be made more than
/// once.
std::int64_t rotary_flops(const Operation& operation) { return 3LL * operation.input_features; }

}  // namespace

int queries_to_a_head(const Operation& operation) {
  return std::max(1, static_cast<int>(operation.attribute("queries")));
}

std::vector<OperationType> attention_types() {
  return {
      {"Rotary",
       1,
       1,
       {heads_of_keys(),
        tokens_of_sequence(),
        {"base", 1, 1e9, false, true},
        heads_of_queries(),
        {"turned", 2, most_features, true, false}},
       1,
       DeltaReads::nothing,
       false,
       false,
       "one tensor, whose heads have an even number of features, no fewer than are turned",
       rotary_features,
       none,
       rotary_flops},
      {"AttentionScores",
       2,
       2,
       {heads_of_keys(), tokens_of_sequence(), heads_of_queries()},
       2,
       DeltaReads::other_input,
       false,
       false,
       "queries and keys, `queries` to one, which the heads divide",
       scores_features,
       none,
       scores_flops},
      {"AttentionSoftmax", 1, 1, softmax_attributes({}), 1, DeltaReads::output, false, false,
       "scores of a sequence for each head", softmax_features, none, softmax_flops},
      {"AttentionValues",
       2,
       2,
       {tokens_of_sequence(), heads_of_queries()},
       2,
       DeltaReads::other_input,
       false,
       false,
       "probabilities of a sequence for each head, and values, which the heads divide",
       values_features,
       none,
       values_flops},
      {"TiledAttention",
       3,
       3,
       softmax_attributes(
           {heads_of_keys(), {"tile_keys", 1, longest_sequence, true, true}, {"dropout", 0, 1, false, false}}),
       3,
       DeltaReads::inputs_and_output,
       false,
       false,
       "queries, keys and as many values, `queries` to one, which the heads divide",
       tiled_features,
       none,
       tiled_flops,
       {},
       true},
  };
}

}  // namespace weft::sw
