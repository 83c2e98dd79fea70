#pragma once
// Operations of graphs in double precision, each pass as its formula is written. Shares nothing with the kernels.
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sw/graph/operation_graph.h"

namespace weft::test {

/// A tensor [features][tokens], a feature's tokens together; or a parameter.
using Values = std::vector<double>;
using Tensors = std::map<std::string, Values>;

struct OperationCall {
  const sw::Operation& operation;
  std::size_t tokens;
  std::vector<const Values*> inputs;
  std::vector<Values*> outputs;  ///< zeros, as many as they must be
  const Tensors& parameters;
  const Values* labels = nullptr;  ///< of the graph's tokens; hw::padding_label: the token pads its sequence
  /// Of a TiledAttention that drops probabilities: what one of a feature of scores and a token is multiplied with.
  std::function<double(std::size_t feature, std::size_t token)> dropout = {};
};

/// Labels are whole numbers; below 0: the token has none, neither loss nor delta. The loss's delta is of the sum over
/// tokens. Throws std::invalid_argument for an operation that it does not know, and for Dropout.
void run_operation(const OperationCall& call);

}  // namespace weft::test
