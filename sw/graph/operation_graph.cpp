#include "sw/graph/operation_graph.h"

#include "sw/graph/operation_types.h"

namespace weft::sw {

double Operation::attribute(const std::string& key) const {
  const auto found = attributes.find(key);
  return found == attributes.end() ? 0 : found->second;
}

std::int64_t parameters(const OperationGraph& graph) {
  std::int64_t total = 0;
  for (const Operation& operation : graph.operations) total += own_parameters(operation);
  return total;
}

std::int64_t flops(const OperationGraph& graph) {
  std::int64_t total = 0;
  for (const Operation& operation : graph.operations) total += type_of(operation).flops(operation);
  return total;
}

}  // namespace weft::sw
