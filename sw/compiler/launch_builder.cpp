#include "sw/compiler/launch_builder.h"

#include <map>
#include <set>

#include "sw/compiler/tensor_places.h"
#include "sw/graph/backward_graph.h"
#include "sw/graph/operation_types.h"

namespace weft::sw {

namespace {

class LaunchBuilder {
 public:
  explicit LaunchBuilder(const Matching& matching) : matching_(matching) {
    count_readers(matching.forward);
    count_readers(matching.backward);
    for (const Tensor& input : matching.forward.inputs)
      if (input.name != matching.forward.operations.back().inputs.back())
        places_.add(input.name, {input.name, input.features});
  }

  MatchedModel result() {
    for (const MatchedKernel& kernel : matching_.forward_kernels) {
      describe(kernel);
      place_output(matching_.forward, kernel);
    }
    model_.activations = static_cast<int>(places_.tensors().size());
    for (const MatchedKernel& kernel : matching_.backward_kernels) place_output(matching_.backward, kernel);
    for (const MatchedKernel& kernel : matching_.forward_kernels) bind(matching_.forward, kernel, model_.forward);
    for (const MatchedKernel& kernel : matching_.backward_kernels) bind(matching_.backward, kernel, model_.backward);
    model_.tensors = places_.tensors();
    return std::move(model_);
  }

 private:
  void count_readers(const OperationGraph& graph) {
    for (const Operation& operation : graph.operations)
      for (const std::string& tensor : operation.inputs) ++readers_[tensor];
  }

  static const Operation& of(const OperationGraph& graph, int place) {
    return graph.operations[static_cast<std::size_t>(place)];
  }

  /// The layer that the kernel is, or what it adds to one.
  void describe(const MatchedKernel& kernel) {
    for (const int place : kernel.operations) {
      const Operation& operation = of(matching_.forward, place);
      const OperationType& type = type_of(operation);
      if (kernel.pattern->own_layer && place == kernel.operations.front()) {
        model_.layers.push_back({operation.name, operation.input_features, operation.output_features});
        model_.layers.back().sparsity = operation.attribute("sparsity");
      }
      hw::MatrixLayer& layer = model_.layers[static_cast<std::size_t>(kernel.layer)];
      if (!type.activation_fn.empty()) {
        layer.activation = type.name;
        layer.keeps_preactivation = type.delta_reads == DeltaReads::input;
      }
      if (operation.type == "Dropout") layer.dropout = operation.attribute("probability");
    }
  }

  /// Where the kernel's result goes. What operations between its first and last make is nowhere else.
  void place_output(const OperationGraph& graph, const MatchedKernel& kernel) {
    const Operation &first = of(graph, kernel.operations.front()), &last = of(graph, kernel.operations.back());
    if (type_of(last).is_loss && last.pass == Pass::forward) return;
    const std::string& read = first.inputs.front();
    if (kernel.pattern->in_place && readers_[read] == 1) {
      for (const int place : kernel.operations) places_.share(of(graph, place).outputs.front(), read);
      return;
    }
    if (last.pass == Pass::gradient) return;
    const bool backwards = last.pass == Pass::delta;
    const std::string& made = last.outputs.front();
    const int features = backwards ? last.input_features : last.output_features;
    places_.add(made, {backwards ? made : first.name, features, kernel.layer});
    for (const int place : kernel.operations) places_.share(of(graph, place).outputs.front(), made);
  }

  int tensor_of(const OperationGraph& graph, const MatchedKernel& kernel, const BoundOperand& bound) const {
    const Operation &first = of(graph, kernel.operations.front()), &last = of(graph, kernel.operations.back());
    const auto place = static_cast<std::size_t>(bound.place);
    if (bound.to == BoundOperand::To::output) return places_.of(last.outputs[place]);
    return places_.of(place == 0 ? first.inputs.front() : last.inputs[place]);
  }

  void bind(const OperationGraph& graph, const MatchedKernel& kernel, std::vector<hw::Launch>& launches) {
    for (const BoundLaunch& bound : kernel.pattern->launches) {
      hw::Launch& launch = launches.emplace_back(hw::Launch{bound.kind, kernel.layer});
      for (const BoundOperand& operand : bound.reads)
        launch.reads.set(operand.operand, tensor_of(graph, kernel, operand));
      for (const BoundOperand& operand : bound.writes)
        launch.writes.set(operand.operand, tensor_of(graph, kernel, operand));
      if (hw::kernel_of(launch.kind).is_forward_product())
        places_.form(launch.reads.of(hw::Operand::resident)).one_below = true;
      if (hw::kernel_of(launch.kind).role != hw::KernelRole::loss) continue;
      places_.form(launch.reads.of(hw::Operand::values)).fp32 = true;
      launch.writes.set(hw::Operand::deltas,
                        places_.of(delta_name(of(graph, kernel.operations.front()).inputs.front())));
    }
  }

  const Matching& matching_;
  std::map<std::string, int> readers_;  ///< of both passes
  TensorPlaces places_;
  MatchedModel model_;
};

}  // namespace

MatchedModel build_launches(const Matching& matching) { return LaunchBuilder(matching).result(); }

}  // namespace weft::sw
