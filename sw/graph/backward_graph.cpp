#include "sw/graph/backward_graph.h"

#include <algorithm>
#include <set>

#include "sw/graph/operation_types.h"

namespace weft::sw {

namespace {

class BackwardWalk {
 public:
  explicit BackwardWalk(const OperationGraph& forward) : forward_(forward) {
    for (const Operation& operation : forward.operations) {
      bool needed = !type_of(operation).parameters(operation).empty();
      for (const std::string& input : operation.inputs) {
        readers_[input] += 1;
        needed = needed || needed_.count(input) > 0;
      }
      if (needed) needed_.insert(operation.outputs.front());
    }
  }

  OperationGraph result() {
    for (auto operation = forward_.operations.rbegin(); operation != forward_.operations.rend(); ++operation)
      visit(*operation);
    std::set<std::string> read;
    for (const Operation& operation : backward_.operations)
      read.insert(operation.inputs.begin(), operation.inputs.end());
    const auto keep = [&](const std::string& tensor, int features) {
      if (read.count(tensor) > 0) backward_.inputs.push_back({tensor, features});
    };
    for (const Tensor& tensor : forward_.inputs) keep(tensor.name, tensor.features);
    for (const Operation& operation : forward_.operations) keep(operation.outputs.front(), operation.output_features);
    return std::move(backward_);
  }

 private:
  void visit(const Operation& operation) {
    if (needed_.count(operation.outputs.front()) == 0) return;
    const OperationType& type = type_of(operation);
    std::vector<std::string> reads;
    if (!type.is_loss) reads.push_back(delta_of(operation.outputs.front(), operation.output_features));
    if (type.one_delta) return add_deltas(operation, std::move(reads));
    for (int place = 0; place < std::min<int>(type.delta_inputs, static_cast<int>(operation.inputs.size())); ++place) {
      const std::string& input = operation.inputs[static_cast<std::size_t>(place)];
      if (needed_.count(input) == 0) continue;
      if (type.passes_delta) {
        deltas_[input].push_back(reads.front());
        continue;
      }
      Operation& made = add(operation, Pass::delta, reads, {part_of_delta(operation, place)});
      made.of_input = place;
      if (type.delta_reads == DeltaReads::input) made.inputs.push_back(input);
      if (type.delta_reads == DeltaReads::inputs)
        made.inputs.insert(made.inputs.end(), operation.inputs.begin(), operation.inputs.end());
      if (type.delta_reads == DeltaReads::output) made.inputs.push_back(operation.outputs.front());
      if (type.delta_reads == DeltaReads::other_input)
        made.inputs.push_back(operation.inputs[static_cast<std::size_t>(1 - place)]);
    }
    std::vector<std::string> gradients;
    for (const Parameter& parameter : type.parameters(operation))
      gradients.push_back(gradient_name(operation, parameter));
    if (gradients.empty()) return;
    backward_.outputs.insert(backward_.outputs.end(), gradients.begin(), gradients.end());
    add(operation, Pass::gradient, reads, gradients).inputs.push_back(operation.inputs.front());
  }

  /// What the operation adds to the delta of one of its inputs.
  std::string part_of_delta(const Operation& operation, int place) {
    const std::string& input = operation.inputs[static_cast<std::size_t>(place)];
    std::string delta = delta_name(input);
    if (readers_.at(input) > 1) delta += ".by." + operation.name;
    if (std::count(operation.inputs.begin(), operation.inputs.end(), input) > 1) delta += "." + std::to_string(place);
    deltas_[input].push_back(delta);
    return delta;
  }

  /// Of all inputs at once, of what they and the output are.
  void add_deltas(const Operation& operation, std::vector<std::string> reads) {
    std::vector<std::string> made;
    for (int place = 0; place < static_cast<int>(operation.inputs.size()); ++place)
      made.push_back(part_of_delta(operation, place));
    reads.insert(reads.end(), operation.inputs.begin(), operation.inputs.end());
    reads.push_back(operation.outputs.front());
    add(operation, Pass::delta, reads, std::move(made));
  }

  /// All that read `tensor` have been visited.
  std::string delta_of(const std::string& tensor, int features) {
    const std::vector<std::string>& parts = deltas_[tensor];
    if (parts.size() == 1) return parts.front();
    Operation sum{"Add", delta_name(tensor), parts, {delta_name(tensor)}};
    sum.input_features = sum.output_features = features;
    backward_.operations.push_back(std::move(sum));
    return delta_name(tensor);
  }

  Operation& add(const Operation& operation, Pass pass, const std::vector<std::string>& reads,
                 std::vector<std::string> makes) {
    Operation made = operation;
    made.pass = pass;
    made.inputs = reads;
    made.outputs = std::move(makes);
    return backward_.operations.emplace_back(std::move(made));
  }

  const OperationGraph& forward_;
  OperationGraph backward_;
  std::map<std::string, int> readers_;
  std::set<std::string> needed_;                            ///< tensors that have a delta
  std::map<std::string, std::vector<std::string>> deltas_;  ///< that have been made of a tensor
};

}  // namespace

std::string delta_name(const std::string& tensor) { return "d." + tensor; }

std::string gradient_name(const Operation& operation, const Parameter& parameter) {
  const std::string own = delta_name(parameter.name);
  return operation.shares.empty() ? own : own + ".by." + operation.name;
}

OperationGraph backward_graph(const OperationGraph& forward) { return BackwardWalk(forward).result(); }

}  // namespace weft::sw
