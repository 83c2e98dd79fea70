#include "sw/graph/operation_graph.h"

namespace weft::sw {
namespace {

/// Appends operations, each of which reads the one before it.
class ChainBuilder {
 public:
  void append(Operation operation) {
    const int index = static_cast<int>(graph_.operations.size());
    if (index > 0) operation.inputs = {index - 1};
    graph_.operations.push_back(std::move(operation));
  }
  OperationGraph take() { return std::move(graph_); }

 private:
  OperationGraph graph_;
};

Operation linear(const hw::MatrixLayer& layer, bool is_first) {
  Operation operation{OperationKind::linear, layer.name, {}, layer.inputs, layer.outputs};
  const std::int64_t matrix_flops = 2LL * layer.inputs * layer.outputs;
  operation.parameters = layer.parameters();
  operation.forward_flops = matrix_flops + layer.outputs;
  operation.backward_flops = matrix_flops + layer.outputs + (is_first ? 0 : matrix_flops);
  return operation;
}

Operation elementwise(OperationKind kind, const std::string& name, int features) {
  Operation operation{kind, name, {}, features, features};
  operation.forward_flops = operation.backward_flops = features;
  return operation;
}

/// Per class: maximum, subtraction, exponential, sum; then the logarithm and two subtractions of the loss.
/// Backward per class: division by the sum; subtraction of the label.
Operation softmax_cross_entropy(int classes) {
  Operation operation{OperationKind::softmax_cross_entropy, "loss", {}, classes, 1};
  operation.forward_flops = 4LL * classes + 3;
  operation.backward_flops = 2LL * classes;
  return operation;
}

template <class Member>
std::int64_t sum(const std::vector<Operation>& operations, Member member) {
  std::int64_t total = 0;
  for (const auto& operation : operations) total += operation.*member;
  return total;
}

}  // namespace

std::string to_string(OperationKind kind) {
  switch (kind) {
    case OperationKind::linear:
      return "Linear";
    case OperationKind::relu:
      return "ReLU";
    case OperationKind::dropout:
      return "Dropout";
    case OperationKind::softmax_cross_entropy:
      break;
  }
  return "SoftmaxCrossEntropy";
}

std::int64_t OperationGraph::parameters() const { return sum(operations, &Operation::parameters); }
std::int64_t OperationGraph::forward_flops() const { return sum(operations, &Operation::forward_flops); }
std::int64_t OperationGraph::backward_flops() const { return sum(operations, &Operation::backward_flops); }

OperationGraph operation_graph(const NetworkConfig& network) {
  ChainBuilder chain;
  bool is_first = true;
  for (const auto& layer : matrix_layers(network)) {
    chain.append(linear(layer, is_first));
    is_first = false;
    if (layer.relu) chain.append(elementwise(OperationKind::relu, layer.name + ".relu", layer.outputs));
    if (layer.dropout > 0) {
      auto dropout = elementwise(OperationKind::dropout, layer.name + ".dropout", layer.outputs);
      dropout.dropout = layer.dropout;
      chain.append(std::move(dropout));
    }
  }
  chain.append(softmax_cross_entropy(network.num_classes));
  return chain.take();
}

}  // namespace weft::sw
