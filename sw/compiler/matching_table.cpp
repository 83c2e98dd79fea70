// matching_table() of kernel_matching.h.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "hw/spec/kernel_table.h"
#include "sw/compiler/kernel_matching.h"
#include "sw/graph/operation_types.h"

namespace weft::sw {

namespace {

/// Calls row(operation, name of its kernel).
template <typename Row>
void for_each_row(const OperationGraph& graph, const std::vector<MatchedKernel>& kernels, Row&& row) {
  for (const MatchedKernel& kernel : kernels)
    for (const int place : kernel.operations) {
      const std::vector<BoundLaunch>& launches = kernel.pattern->launches;
      const bool first = place == kernel.operations.front() && !launches.empty();
      row(graph.operations[static_cast<std::size_t>(place)],
          first ? hw::kernel_name(launches.back().kind) : "(same kernel)");
    }
}

std::int64_t parameters_of(const Operation& operation) {
  std::int64_t count = 0;
  for (const Parameter& parameter : type_of(operation).parameters(operation)) count += parameter.elements();
  return count;
}

}  // namespace

std::string matching_table(const Matching& matching) {
  constexpr auto forward = "{:<13}{:<13}{:<13}{:<15}{:>12} {:>13}\n";
  std::string text = fmt::format(forward, "operation", "reads", "shape", "kernel", "params", "flop/token");
  for_each_row(matching.forward, matching.forward_kernels, [&](const Operation& operation, const char* kernel) {
    text += fmt::format(forward, operation.name, fmt::format("{}", fmt::join(operation.inputs, " ")),
                        fmt::format("{}x{}", operation.input_features, operation.output_features), kernel,
                        parameters_of(operation), type_of(operation).flops(operation));
  });
  constexpr auto backward = "{:<13}{:<22}{:<14}{:<20}{:>11}\n";
  text += fmt::format(backward, "backward", "reads", "makes", "kernel", "flop/token");
  for_each_row(matching.backward, matching.backward_kernels, [&](const Operation& operation, const char* kernel) {
    text += fmt::format(backward, operation.name, fmt::format("{}", fmt::join(operation.inputs, " ")),
                        operation.outputs.front(), kernel, type_of(operation).flops(operation));
  });
  return text + fmt::format("{:<54}{:>12} {:>13}\n", "total", parameters(matching.forward),
                            flops(matching.forward) + flops(matching.backward));
}

}  // namespace weft::sw
