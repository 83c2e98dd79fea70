#pragma once
// The operations of a model, from which the compiler matches kernels.
#include <cstdint>
#include <string>
#include <vector>

#include "sw/graph/model_file.h"

namespace weft::sw {

enum class OperationKind { linear, relu, dropout, softmax_cross_entropy };

/// "Linear", "ReLU", "Dropout", "SoftmaxCrossEntropy".
std::string to_string(OperationKind kind);

/// Shapes and flops are of one sample. A flop is one addition, multiplication, comparison, division, exponential or
/// logarithm; a multiply-accumulate counts two.
struct Operation {
  OperationKind kind = OperationKind::linear;
  std::string name;                             ///< fc1, fc1.relu, fc1.dropout, loss
  std::vector<int> inputs;                      ///< indices of the operations it reads; empty: the model's input
  int input_features = 0, output_features = 0;  ///< the loss has one output
  double dropout = 0;                           ///< of a dropout operation
  std::int64_t parameters = 0;
  std::int64_t forward_flops = 0;
  std::int64_t backward_flops = 0;  ///< weight gradient and, but for the first layer, delta
};

/// In topological order.
struct OperationGraph {
  std::vector<Operation> operations;

  std::int64_t parameters() const;
  std::int64_t forward_flops() const;
  std::int64_t backward_flops() const;
};

/// Linear, ReLU and (if its probability is not zero) Dropout for each hidden layer, Linear and SoftmaxCrossEntropy
/// at the end. A pure function.
OperationGraph operation_graph(const NetworkConfig& network);

}  // namespace weft::sw
