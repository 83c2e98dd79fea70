#include "sw/graph/operation_types.h"

#include <algorithm>

#include "sw/graph/operation_families.h"

namespace weft::sw {

namespace {

constexpr int any_number = 1 << 30;

std::vector<Parameter> linear_parameters(const Operation& operation) {
  std::vector<Parameter> all{
      {parameter_owner(operation) + ".weight", {operation.output_features, operation.input_features}}};
  if (has_bias(operation)) all.push_back({parameter_owner(operation) + ".bias", {operation.output_features}});
  return all;
}

std::int64_t one_a_feature(const Operation& operation) { return operation.output_features; }

std::int64_t linear_flops(const Operation& operation) {
  const std::int64_t product = 2LL * operation.input_features * operation.output_features;
  return operation.pass == Pass::delta || !has_bias(operation) ? product : product + operation.output_features;
}

/// silu(gate) = gate / (1 + e^-gate) times the other one. The deltas are delta silu(gate), and delta times the other
/// times silu' = s (1 + gate (1 - s)), s = 1 / (1 + e^-gate).
std::int64_t swiglu_flops(const Operation& operation) {
  const bool of_gate = operation.pass == Pass::delta && operation.of_input == 0;
  return (of_gate ? 9 : 4) * one_a_feature(operation);
}

int alike(const Operation&, const std::vector<int>& inputs) {
  const bool same = std::all_of(inputs.begin(), inputs.end(), [&](int other) { return other == inputs[0]; });
  return same ? inputs.front() : 0;
}

/// Per class: maximum, subtraction, exponential, sum; then the logarithm and two subtractions of the loss.
/// Delta, per class: division by the sum; subtraction of the label.
std::int64_t cross_entropy_flops(const Operation& operation) {
  return operation.pass == Pass::delta ? 2LL * operation.input_features : 4LL * operation.input_features + 3;
}

std::vector<OperationType> all_types() {
  std::vector<OperationType> types = {
      {"Linear",
       1,
       1,
       {{"features", 1, most_features, true, true},
        {"sparsity", 0, 1, false, false},
        {"bias", 0, 1, true, false},
        {"half_sums_forward", 0, 1, true, false},
        {"half_sums_backward", 0, 1, true, false}},
       1,
       DeltaReads::nothing,
       false,
       false,
       "one tensor",
       [](const Operation& operation, const std::vector<int>&) {
         return static_cast<int>(operation.attribute("features"));
       },
       linear_parameters,
       linear_flops},
      {"Dropout",
       1,
       1,
       {{"probability", 0, 1, false, true}},
       1,
       DeltaReads::nothing,  // what was dropped is drawn again
       false,
       false,
       "one tensor",
       as_first,
       none,
       one_a_feature},
      {"SwiGLU",  // of the gate, and of what it is multiplied with
       2,
       2,
       {},
       2,
       DeltaReads::inputs,
       false,
       false,
       "two tensors of one shape",
       alike,
       none,
       swiglu_flops},
      {"Add",
       2,
       any_number,
       {},
       any_number,
       DeltaReads::nothing,
       true,
       false,
       "tensors of one shape",
       alike,
       none,
       [](const Operation& operation) {
         return (static_cast<std::int64_t>(operation.inputs.size()) - 1) * operation.output_features;
       }},
      {"SoftmaxCrossEntropy",  // of tokens, or of whole samples, whose label is one of the ids of one of their tokens
       2,
       2,
       {{"of", 0, most_features, true, false}},
       1,
       DeltaReads::inputs,
       false,
       true,
       "logits and one label, or so many ids that they have the one",
       [](const Operation& operation, const std::vector<int>& inputs) {
         return is_of_samples(operation) ? (operation.attribute("of") < inputs[1] ? 1 : 0) : inputs[1] == 1 ? 1 : 0;
       },
       none,
       cross_entropy_flops},
  };
  for (auto family : {activation_types, embedding_types, norm_types, attention_types})
    for (OperationType& type : family()) types.push_back(std::move(type));
  return types;
}

}  // namespace

const std::vector<OperationType>& operation_types() {
  static const std::vector<OperationType> types = all_types();
  return types;
}

std::int64_t Parameter::elements() const {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) count *= extent;
  return count;
}

std::vector<std::pair<std::string, std::string>> activation_functions() {
  std::vector<std::pair<std::string, std::string>> all;
  for (const OperationType& type : operation_types())
    for (const std::string& word : type.activation_fn) all.emplace_back(word, type.name);
  return all;
}

const OperationType* find_operation_type(const std::string& name) {
  for (const OperationType& type : operation_types())
    if (name == type.name) return &type;
  return nullptr;
}

bool has_bias(const Operation& operation) {
  return operation.attributes.count("bias") == 0 || operation.attribute("bias") != 0;
}

bool is_of_samples(const Operation& operation) { return operation.attributes.count("of") > 0; }

double dropout_of(const Operation& operation) {
  return operation.attribute(operation.type == "Dropout" ? "probability" : "dropout");
}

std::int64_t own_parameters(const Operation& operation) {
  std::int64_t count = 0;
  if (!operation.shares.empty()) return count;
  for (const Parameter& parameter : type_of(operation).parameters(operation)) count += parameter.elements();
  return count;
}

const std::string& parameter_owner(const Operation& operation) {
  return operation.shares.empty() ? operation.name : operation.shares;
}

const OperationType& type_of(const Operation& operation) { return *find_operation_type(operation.type); }

}  // namespace weft::sw
