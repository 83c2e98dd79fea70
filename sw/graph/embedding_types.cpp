// Embedding(ids): of each token the row of a table that one of its ids names; `of` says which of them. A token without
// the id, or whose id the table does not have, gets zeros. The gradient of a row is the sum of its tokens' deltas.
#include "sw/graph/model_limits.h"
#include "sw/graph/operation_families.h"

namespace weft::sw {

namespace {

std::vector<Parameter> table(const Operation& operation) {
  return {{parameter_owner(operation) + ".weight",
           {static_cast<std::int64_t>(operation.attribute("ids")), operation.output_features}}};
}

int row_features(const Operation& operation, const std::vector<int>& inputs) {
  return operation.attribute("of") < inputs.front() ? static_cast<int>(operation.attribute("features")) : 0;
}

/// To look up is none; of the gradient an addition a feature.
std::int64_t embedding_flops(const Operation& operation) {
  return operation.pass == Pass::gradient ? operation.output_features : 0;
}

}  // namespace

std::vector<OperationType> embedding_types() {
  return {{"Embedding",
           1,
           1,
           {{"ids", 1, kMostIds, true, true},
            {"features", 1, most_features, true, true},
            {"of", 0, most_features, true, false},
            {"half_sums_forward", 0, 1, true, false},
            {"half_sums_backward", 0, 1, true, false}},
           0,
           DeltaReads::nothing,
           false,
           false,
           "the ids of each token, so many that it has the one",
           row_features,
           table,
           embedding_flops}};
}

}  // namespace weft::sw
