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
  std::vector<std::string> missing;  ///< a line for each operation for which there is no kernel where it stands
};

/// What kernels can do of a graph. Precondition: `forward` comes from checked().
Matching cover_with_kernels(const OperationGraph& forward);

/// Throws UsageError with `shown`, what is missing and what there is, if anything is.
void require_kernels(const Matching& matching, const std::string& shown = "");

/// Both.
Matching match_kernels(const OperationGraph& forward);

/// The table of --validate_only: operations, what they read, shapes, kernels (none where one is missing), parameters,
/// flops of a token. 80 columns, unless names are long.
std::string matching_table(const Matching& matching);

}  // namespace weft::sw
