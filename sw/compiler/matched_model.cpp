#include "sw/compiler/matched_model.h"

#include <algorithm>

#include "sw/graph/operation_types.h"

namespace weft::sw {

using hw::KernelKind;

namespace {

void append(std::vector<hw::Launch>& launches, const std::vector<MatchedKernel>& kernels) {
  for (const MatchedKernel& kernel : kernels)
    if (kernel.kind) launches.push_back({*kernel.kind, kernel.layer});
}

/// The first launch of a layer.
auto of_layer(const std::vector<hw::Launch>& forward, int layer) {
  return std::partition_point(forward.begin(), forward.end(),
                              [layer](const hw::Launch& launch) { return launch.layer < layer; });
}

}  // namespace

MatchedModel matched_model(const Matching& matching) {
  MatchedModel model;
  for (const MatchedKernel& kernel : matching.forward_kernels)
    for (const int place : kernel.operations) {
      const Operation& operation = matching.forward.operations[static_cast<std::size_t>(place)];
      if (operation.type == "Linear") {
        model.layers.push_back({operation.name, operation.input_features, operation.output_features});
        model.layers.back().bias = has_bias(operation);
        model.layers.back().sparsity = operation.attribute("sparsity");
      }
      const OperationType& type = type_of(operation);
      if (!type.activation_fn.empty()) {
        model.layers.back().activation = type.name;
        model.layers.back().keeps_preactivation = type.delta_reads == DeltaReads::input;
      }
      if (operation.type == "Dropout") model.layers.back().dropout = operation.attribute("probability");
    }
  append(model.forward, matching.forward_kernels);
  append(model.backward, matching.backward_kernels);
  return model;
}

MatchedModel matched_model(const OperationGraph& graph) { return matched_model(match_kernels(graph)); }

std::vector<hw::Launch> eval_launches(const MatchedModel& model) {
  std::vector<hw::Launch> launches{{KernelKind::load_input, 0}};
  launches.insert(launches.end(), model.forward.begin(), model.forward.end());
  return launches;
}

std::vector<hw::Launch> train_launches(const MatchedModel& model, bool retain, int segment) {
  const int layers = static_cast<int>(model.layers.size());
  std::vector<hw::Launch> launches = eval_launches(model);
  int computed_from = (layers - 1) / segment * segment;  // the last segment's activations are still there
  for (const hw::Launch& launch : model.backward) {
    // A segment's last layer makes the next one's input, which is kept, but not what its activation read.
    const int first = launch.layer / segment * segment;
    const bool kept = model.layers[static_cast<std::size_t>(launch.layer)].keeps_preactivation;
    if (first < computed_from && (kept || hw::kernel_of(launch.kind).streams())) {
      const int last = kept ? computed_from : computed_from - 1;
      launches.insert(launches.end(), of_layer(model.forward, first), of_layer(model.forward, last));
      computed_from = first;
    }
    launches.push_back(launch);
  }
  for (hw::Launch& launch : launches)
    if (retain && launch.layer + 1 == layers) launch.kind = hw::kernel_of(launch.kind).retaining;
  return launches;
}

}  // namespace weft::sw
