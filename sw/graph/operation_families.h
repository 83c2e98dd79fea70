#pragma once
// Rows of operation_types() that have files of their own, and what rows share.
#include <vector>

#include "sw/graph/operation_types.h"

namespace weft::sw {

constexpr double most_features = 1 << 30;

inline int as_first(const Operation&, const std::vector<int>& inputs) { return inputs.front(); }

inline std::vector<Parameter> none(const Operation&) { return {}; }

/// One of each activation in hw::kernels.
std::vector<OperationType> activation_types();

/// LayerNorm, RMSNorm.
std::vector<OperationType> norm_types();

/// Embedding.
std::vector<OperationType> embedding_types();

/// Rotary, AttentionScores, AttentionSoftmax, AttentionValues.
std::vector<OperationType> attention_types();

}  // namespace weft::sw
