#pragma once
// Matches each operation of the graph with kernels of the wafer. One matched matrix kernel is one layer.
#include <string>
#include <vector>

#include "hw/spec/job.h"
#include "sw/graph/operation_graph.h"

namespace weft::sw {

struct MatchedOperation {
  int operation = 0;                    ///< index into the graph
  int layer = 0;                        ///< index of the matrix layer it belongs to
  std::vector<hw::KernelKind> forward;  ///< in the order of launching; empty when the operation before covers it
  std::vector<hw::KernelKind> backward;
};

/// In topological order. A dropout is covered by the activation kernel of the ReLU before it.
/// Throws UsageError that names the operation for which there is no kernel.
std::vector<MatchedOperation> match_kernels(const OperationGraph& graph);

/// The table of --validate_only: operation, kernels, shape, parameters, flops; 80 columns.
std::string matching_table(const OperationGraph& graph, const std::vector<MatchedOperation>& matches);

/// Launches of one micro-batch. With `retain` the output layer's weights stay on the wafer for its delta.
/// Order of the backward pass: per layer delta, activation derivative, gradient; the first layer has no delta.
/// `segment` (1 to layers): only the input of every so many layers is kept; the backward pass computes the others of a
/// segment again, from its weights, before it needs them. `layers`: nothing is computed again.
std::vector<hw::Launch> train_launches(int layers, bool retain, int segment);
std::vector<hw::Launch> eval_launches(int layers);

}  // namespace weft::sw
