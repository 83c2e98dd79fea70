#include "tests/support/graph_reference.h"

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <utility>

#include "sw/graph/backward_graph.h"
#include "sw/graph/operation_types.h"

namespace weft::test {

using sw::Operation;
using sw::Pass;

GraphReference::GraphReference(sw::OperationGraph graph, Tensors parameters, ReferenceOptimizer optimizer)
    : graph_(std::move(graph)),
      backward_(sw::backward_graph(graph_)),
      parameters_(std::move(parameters)),
      optimizer_(optimizer) {
  for (const sw::Tensor& input : graph_.inputs) features_[input.name] = static_cast<std::size_t>(input.features);
  for (std::size_t place = 0; place < graph_.operations.size(); ++place) {
    const Operation& operation = graph_.operations[place];
    places_[operation.name] = place;
    features_[operation.outputs.front()] = static_cast<std::size_t>(operation.output_features);
    for (const sw::Parameter& parameter : sw::type_of(operation).parameters(operation)) {
      const auto found = parameters_.find(parameter.name);
      if (found == parameters_.end() || found->second.size() != static_cast<std::size_t>(parameter.elements()))
        throw std::invalid_argument(parameter.name + ": missing, or of another size");
    }
  }
}

Tensors GraphReference::forward(const Tensors& inputs) const {
  Tensors values = inputs;
  run(graph_, values);
  return values;
}

double GraphReference::loss(const Tensors& inputs) const { return mean_loss(forward(inputs)).loss; }

Tensors GraphReference::backward(const Tensors& inputs) const {
  Tensors values = forward(inputs);
  const double count = mean_loss(values).count;
  run(backward_, values);
  add_shared(values);
  for (const std::string& gradient : backward_.outputs)
    for (double& value : values.at(gradient)) value /= count;
  return values;
}

double GraphReference::step(const Tensors& inputs) {
  Tensors values = forward(inputs);
  const Mean mean = mean_loss(values);
  run(backward_, values);
  add_shared(values);
  ++steps_;
  for (auto& [name, weights] : parameters_)
    optimizer_.update(weights, values.at(sw::delta_name(name)), mean.count, steps_, moments_[name]);
  return mean.loss;
}

void GraphReference::add_shared(Tensors& values) const {
  for (const Operation& operation : graph_.operations) {
    if (operation.shares.empty()) continue;
    for (const sw::Parameter& parameter : sw::type_of(operation).parameters(operation)) {
      const Values& part = values.at(sw::gradient_name(operation, parameter));
      Values& sum = values.at(sw::delta_name(parameter.name));
      std::transform(sum.begin(), sum.end(), part.begin(), sum.begin(), std::plus<>());
    }
  }
}

GraphReference::Mean GraphReference::mean_loss(const Tensors& values) const {
  Mean mean{0, 0};
  for (const std::string& output : graph_.outputs) {
    const Operation& loss = graph_.operations[places_.at(output)];
    double sum = 0;
    for (const double of_token : values.at(output)) sum += of_token;
    const double count = labelled(loss, values);
    mean.loss += sum / count;
    if (!sw::is_of_samples(loss)) mean.count = count;
  }
  return mean;
}

double GraphReference::labelled(const Operation& loss, const Tensors& values) const {
  const Values& all = values.at(loss.inputs[1]);
  const auto tokens = static_cast<std::ptrdiff_t>(values.at("labels").size());
  const auto first = all.begin() + static_cast<std::ptrdiff_t>(loss.attribute("of")) * tokens;
  return static_cast<double>(std::count_if(first, first + tokens, [](double label) { return label >= 0; }));
}

void GraphReference::run(const sw::OperationGraph& graph, Tensors& values) const {
  const sw::Tensor& first = graph_.inputs.front();
  const std::size_t tokens = values.at(first.name).size() / static_cast<std::size_t>(first.features);
  for (const Operation& operation : graph.operations) {
    const auto labels = values.find("labels");
    OperationCall call{operation, tokens, {}, {}, parameters_, labels == values.end() ? nullptr : &labels->second};
    for (const std::string& input : operation.inputs) call.inputs.push_back(&values.at(input));
    for (const std::string& made : operation.outputs) {
      Values& output = values[made];
      output.assign(size_of(operation, made, tokens), 0.0);
      call.outputs.push_back(&output);
    }
    if (dropout_ && operation.attribute("dropout") > 0)
      call.dropout = [&](std::size_t feature, std::size_t token) {
        return dropout_(operation, steps_, feature, token);
      };
    if (operation.type != "Dropout" || !dropout_) {
      run_operation(call);
      // What is divided by the count of the tokens' labels is then this loss's own mean.
      if (operation.pass == Pass::delta && sw::is_of_samples(operation) && operation.type == "SoftmaxCrossEntropy") {
        const double times = mean_loss(values).count / labelled(graph_.operations[places_.at(operation.name)], values);
        for (double& delta : *call.outputs.front()) delta *= times;
      }
      continue;
    }
    for (std::size_t at = 0; at < call.inputs.front()->size(); ++at)
      (*call.outputs.front())[at] = (*call.inputs.front())[at] * dropout_(operation, steps_, at / tokens, at % tokens);
  }
}

std::size_t GraphReference::size_of(const Operation& operation, const std::string& made, std::size_t tokens) const {
  switch (operation.pass) {
    case Pass::forward:  // and the sum of deltas, which stands for itself
      return static_cast<std::size_t>(operation.output_features) * tokens;
    case Pass::delta: {
      const auto place =
          std::find(operation.outputs.begin(), operation.outputs.end(), made) - operation.outputs.begin();
      const Operation& forward = graph_.operations[places_.at(operation.name)];
      return features_.at(forward.inputs[static_cast<std::size_t>(operation.of_input + place)]) * tokens;
    }
    case Pass::gradient:
      break;
  }
  for (const sw::Parameter& parameter : sw::type_of(operation).parameters(operation))
    if (sw::gradient_name(operation, parameter) == made) return parameters_.at(parameter.name).size();
  throw std::invalid_argument(made + ": of no parameter of " + operation.name);
}

Tensors token_inputs(const sw::TransformerConfig& model, const std::vector<int>& tokens,
                     const std::vector<int>& labels) {
  Values samples(static_cast<std::size_t>(model.input_features()) * tokens.size());
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    samples[t] = tokens[t];
    if (model.learned_positions()) samples[tokens.size() + t] = static_cast<int>(t) % model.sequence_length;
  }
  return {{"samples", std::move(samples)}, {"labels", {labels.begin(), labels.end()}}};
}

}  // namespace weft::test
