#include "sw/compiler/matched_model.h"

#include <algorithm>

#include "sw/compiler/tensor_places.h"
#include "sw/graph/backward_graph.h"
#include "sw/graph/operation_types.h"

namespace weft::sw {

using hw::KernelKind;
using hw::Operand;

namespace {

/// Launches and tensors of matched kernels, in the order of launching.
class ModelBuilder {
 public:
  explicit ModelBuilder(const Matching& matching) : matching_(matching) {
    for (const Tensor& input : matching.forward.inputs)
      if (input.name != "labels") places_.add(input.name, {input.name, input.features});
  }

  MatchedModel result() {
    for (const MatchedKernel& kernel : matching_.forward_kernels) forward(kernel);
    model_.activations = static_cast<int>(places_.tensors().size());
    for (const MatchedKernel& kernel : matching_.forward_kernels) keep(kernel);
    for (const MatchedKernel& kernel : matching_.backward_kernels) backward(kernel);
    model_.tensors = places_.tensors();
    return std::move(model_);
  }

 private:
  void forward(const MatchedKernel& kernel) {
    const Operation &first = of(matching_.forward, kernel.operations.front()),
                    &last = of(matching_.forward, kernel.operations.back());
    const std::string &read = first.inputs.front(), &made = last.outputs.front();
    hw::Launch launch{*kernel.kind, kernel.layer};
    for (const int place : kernel.operations) describe(of(matching_.forward, place));
    if (hw::kernel_of(launch.kind).is_forward_product()) {
      const int inputs = places_.of(read);
      places_.form(inputs).one_below = true;
      launch.reads.set(Operand::resident, inputs);
      launch.writes.set(Operand::result, places_.add(made, {first.name, last.output_features, kernel.layer}));
    } else if (hw::kernel_of(launch.kind).role == hw::KernelRole::loss) {
      places_.form(places_.of(read)).fp32 = true;
      launch.reads.set(Operand::values, places_.of(read));
    } else {
      places_.share(made, read);
      launch.reads.set(Operand::values, places_.of(read));
      launch.writes.set(Operand::values, places_.of(read));
    }
    model_.forward.push_back(launch);
  }

  /// What the forward pass leaves for the backward pass besides.
  void keep(const MatchedKernel& kernel) {
    hw::Launch& launch = launch_of(kernel);
    const Operation& first = of(matching_.forward, kernel.operations.front());
    const auto add = [&](const std::string& name, int features) {
      return places_.add(name, {name, features, kernel.layer});
    };
    if (hw::kernel_of(launch.kind).role == hw::KernelRole::loss)
      launch.writes.set(Operand::deltas, add(delta_name(first.inputs.front()), first.input_features));
    if (type_of(first).activation_fn.empty() || type_of(first).delta_reads != DeltaReads::input) return;
    launch.writes.set(Operand::kept, add(kept_name(first.inputs.front()), first.input_features));
  }

  void backward(const MatchedKernel& kernel) {
    const Operation &first = of(matching_.backward, kernel.operations.front()),
                    &last = of(matching_.backward, kernel.operations.back());
    if (!kernel.kind) return;  // its deltas are those of the kernel before
    hw::Launch launch{*kernel.kind, kernel.layer};
    const std::string& delta = first.inputs.front();
    const hw::Kernel& row = hw::kernel_of(launch.kind);
    if (row.produces_gradient()) {
      launch.reads.set(Operand::stream, places_.of(delta)).set(Operand::resident, places_.of(first.inputs.back()));
    } else if (row.streams()) {
      launch.reads.set(Operand::resident, places_.of(delta)).set(Operand::stream, places_.of(delta));
      const std::string& made = last.outputs.front();
      launch.writes.set(Operand::result, places_.add(made, {made, last.input_features, kernel.layer}));
    } else {
      places_.share(last.outputs.front(), delta);
      launch.reads.set(Operand::deltas, places_.of(delta));
      launch.writes.set(Operand::deltas, places_.of(delta));
      const std::string& read = last.inputs.back();
      const bool kept = type_of(last).delta_reads == DeltaReads::input;
      launch.reads.set(kept ? Operand::kept : Operand::values, places_.of(kept ? kept_name(read) : read));
    }
    model_.backward.push_back(launch);
  }

  void describe(const Operation& operation) {
    if (operation.type == "Linear") {
      model_.layers.push_back({operation.name, operation.input_features, operation.output_features});
      model_.layers.back().sparsity = operation.attribute("sparsity");
    }
    const OperationType& type = type_of(operation);
    if (!type.activation_fn.empty()) {
      model_.layers.back().activation = type.name;
      model_.layers.back().keeps_preactivation = type.delta_reads == DeltaReads::input;
    }
    if (operation.type == "Dropout") model_.layers.back().dropout = operation.attribute("probability");
  }

  static std::string kept_name(const std::string& tensor) { return "kept " + tensor; }
  static const Operation& of(const OperationGraph& graph, int place) {
    return graph.operations[static_cast<std::size_t>(place)];
  }
  hw::Launch& launch_of(const MatchedKernel& kernel) {
    const auto place = static_cast<std::size_t>(&kernel - matching_.forward_kernels.data());
    return model_.forward[place];
  }

  const Matching& matching_;
  TensorPlaces places_;
  MatchedModel model_;
};

/// The first launch of a layer.
auto of_layer(const std::vector<hw::Launch>& forward, int layer) {
  return std::partition_point(forward.begin(), forward.end(),
                              [layer](const hw::Launch& launch) { return launch.layer < layer; });
}

}  // namespace

MatchedModel matched_model(const Matching& matching) { return ModelBuilder(matching).result(); }

MatchedModel matched_model(const OperationGraph& graph) { return matched_model(match_kernels(graph)); }

std::vector<hw::Launch> eval_launches(const MatchedModel& model) {
  std::vector<hw::Launch> launches{{KernelKind::load_input, 0}};
  launches.front().writes.set(Operand::result, 0);
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
