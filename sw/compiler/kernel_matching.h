#pragma once
// Which kernels of the wafer do which operations of a graph.
#include <string>
#include <vector>

#include "sw/compiler/kernel_patterns.h"
#include "sw/graph/operation_graph.h"

namespace weft::sw {

struct MatchedKernel {
  std::vector<int> operations;             ///< of the graph, one behind the other
  const KernelPattern* pattern = nullptr;  ///< of kernel_patterns()
  int layer = 0;                           ///< that it belongs to
};

struct Matching {
  OperationGraph forward, backward;
  std::vector<MatchedKernel> forward_kernels, backward_kernels;  ///< in the order of launching
};

/// Precondition: `forward` comes from checked(). Throws UsageError that names every operation for which there is no
/// kernel where it stands, and says what there is.
Matching match_kernels(const OperationGraph& forward);

/// The table of --validate_only: operations, what they read, shapes, kernels, parameters, flops; 80 columns.
std::string matching_table(const Matching& matching);

}  // namespace weft::sw
