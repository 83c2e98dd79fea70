#include "sw/compiler/kernel_matching.h"

#include <fmt/format.h>

#include "hw/spec/kernel_names.h"
#include "tlm/base/error.h"

namespace weft::sw {

using hw::KernelKind;

std::vector<MatchedOperation> match_kernels(const OperationGraph& graph) {
  std::vector<MatchedOperation> matches;
  int layer = -1;
  OperationKind before = OperationKind::softmax_cross_entropy;
  for (std::size_t index = 0; index < graph.operations.size(); ++index) {
    const Operation& operation = graph.operations[index];
    MatchedOperation match;
    match.operation = static_cast<int>(index);
    switch (operation.kind) {
      case OperationKind::linear:
        ++layer;
        match.forward = {KernelKind::matmul_forward};
        match.backward = {KernelKind::matmul_gradient};
        if (layer > 0) match.backward.insert(match.backward.begin(), KernelKind::matmul_delta);
        break;
      case OperationKind::relu:
        match.forward = {KernelKind::activation};
        match.backward = {KernelKind::activation_backward};
        break;
      case OperationKind::dropout:
        if (before != OperationKind::relu)
          throw UsageError(fmt::format("operation {} ({}): no kernel; dropout is matched only after a ReLU",
                                       operation.name, to_string(operation.kind)));
        break;
      case OperationKind::softmax_cross_entropy:
        match.forward = {KernelKind::softmax_loss};
        break;
    }
    if (layer < 0)
      throw UsageError(fmt::format("operation {} ({}): no kernel; a model begins with a linear layer", operation.name,
                                   to_string(operation.kind)));
    match.layer = layer;
    matches.push_back(std::move(match));
    before = operation.kind;
  }
  return matches;
}

std::string matching_table(const OperationGraph& graph, const std::vector<MatchedOperation>& matches) {
  std::string text =
      fmt::format("{:<12} {:<11} {:<34} {:>9} {:>10}\n", "operation", "shape", "kernels", "params", "flop/smpl");
  const auto names = [](const std::vector<KernelKind>& kernels) {
    std::string joined;
    for (KernelKind kernel : kernels) joined += (joined.empty() ? "" : " + ") + std::string(hw::kernel_name(kernel));
    return joined;
  };
  for (const MatchedOperation& match : matches) {
    const Operation& operation = graph.operations[static_cast<std::size_t>(match.operation)];
    const std::string shape = fmt::format("{}x{}", operation.input_features, operation.output_features);
    const std::string forward = names(match.forward), backward = names(match.backward);
    text += fmt::format("{:<12} {:<11} {:<34} {:>9} {:>10}\n", operation.name, shape,
                        forward.empty() ? "(in the kernel before)" : forward, operation.parameters,
                        operation.forward_flops);
    if (!backward.empty())
      text +=
          fmt::format("{:<12} {:<11} {:<34} {:>9} {:>10}\n", "", "  backward", backward, "", operation.backward_flops);
  }
  text +=
      fmt::format("{:<59} {:>9} {:>10}\n", "total", graph.parameters(), graph.forward_flops() + graph.backward_flops());
  return text;
}

std::vector<hw::Launch> eval_launches(int layers) {
  std::vector<hw::Launch> launches{{KernelKind::load_input, 0}};
  for (int layer = 0; layer < layers; ++layer) {
    launches.push_back({KernelKind::matmul_forward, layer});
    if (layer + 1 < layers) launches.push_back({KernelKind::activation, layer});
  }
  launches.push_back({KernelKind::softmax_loss, layers - 1});
  return launches;
}

std::vector<hw::Launch> train_launches(int layers, bool retain, int segment) {
  std::vector<hw::Launch> launches = eval_launches(layers);
  if (retain)
    for (hw::Launch& launch : launches)
      if (launch.kind == KernelKind::matmul_forward && launch.layer == layers - 1)
        launch.kind = KernelKind::retain_forward;
  for (int layer = layers - 1; layer >= 0; --layer) {
    // The last segment's activations are still there; a segment's last layer makes the next one's input, which is kept.
    const int first = layer / segment * segment;
    if (layer + 1 < layers && layer + 1 == first + segment)
      for (int again = first; again < layer; ++again) {
        launches.push_back({KernelKind::matmul_forward, again});
        launches.push_back({KernelKind::activation, again});
      }
    if (layer > 0)
      launches.push_back(
          {retain && layer == layers - 1 ? KernelKind::retained_delta : KernelKind::matmul_delta, layer});
    launches.push_back({KernelKind::matmul_gradient, layer});
    if (layer > 0) launches.push_back({KernelKind::activation_backward, layer - 1});
  }
  return launches;
}

}  // namespace weft::sw
