// Question: is the judge of graphs right, and with it every backward graph? Gradients are held against differences of
// the loss, losses against PyTorch's and against the trainer of fully connected networks.
#include "tests/support/graph_reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>
#include <stdexcept>

#include "sw/graph/backward_graph.h"
#include "sw/graph/model_file.h"
#include "sw/graph/operation_types.h"
#include "sw/graph/transformer_graph.h"
#include "tests/support/reference_trainer.h"
#include "tests/unit/torch_gpt.h"

using namespace weft;
using sw::Operation;
using sw::OperationGraph;
using test::GraphReference;
using test::Tensors;
using Rule = test::ReferenceOptimizer::Rule;

namespace {

/// 0.3 sin(1 + 0.37 i + 0.01 i^2 + 1.9 k) of element i of tensor k in the graph's order; of a norm's gain 1 + that.
Tensors parameters_of(const OperationGraph& graph) {
  Tensors all;
  for (const Operation& operation : graph.operations) {
    if (!operation.shares.empty()) continue;
    const bool norm = operation.type == "LayerNorm" || operation.type == "RMSNorm";
    for (const sw::Parameter& parameter : sw::type_of(operation).parameters(operation)) {
      const auto place = static_cast<double>(all.size());
      const double about = norm && parameter.name == operation.name + ".weight" ? 1 : 0;
      test::Values values;
      for (double i = 0; i < static_cast<double>(parameter.elements()); ++i)
        values.push_back(about + 0.3 * std::sin(1 + 0.37 * i + 0.01 * i * i + 1.9 * place));
      all[parameter.name] = std::move(values);
    }
  }
  return all;
}

sw::TransformerConfig torch_model(const std::string& section) {
  const std::string file = fmt::format(
      "train_input: {{data_processor: text, max_sequence_length: {}, batch_size: {}}}\noptimizer: {{learning_rate: "
      "1}}\n"
      "runconfig: {{max_steps: 1}}\nmodel: {}",
      test::torch_gpt_length, test::torch_gpt_sequences, section);
  return *sw::parse_model(file, "torch.yaml").config.model.transformer();
}

Tensors torch_inputs(const sw::TransformerConfig& model) {
  std::vector<int> tokens, labels;
  for (int sequence = 0; sequence < test::torch_gpt_sequences; ++sequence)
    for (int s = 0; s < model.sequence_length; ++s) {
      const auto word = [&](int place) { return (7 * sequence + 3 * place + place * place) % model.vocab_size; };
      tokens.push_back(word(s));
      labels.push_back(word(s + 1));
    }
  return test::token_inputs(model, tokens, labels);
}

/// All that a transformer has not: a sum of three, a tensor that is added to itself, ReLU, SiLU, tanh, a softmax
/// without a mask, an operation that takes one tensor twice. Six tokens, two sequences; the second has no label.
OperationGraph patchwork() {
  return sw::checked({{{"x", 3}, {"labels", 1}},
                      {{"Linear", "a", {"x"}, {"a"}, {{"features", 4}}},
                       {"ReLU", "r", {"a"}, {"r"}},
                       {"RMSNorm", "n", {"r"}, {"n"}, {{"epsilon", 1e-3}}},
                       {"Add", "sum", {"a", "n", "r"}, {"sum"}},
                       {"Add", "twice", {"sum", "sum"}, {"twice"}},
                       {"AttentionScores", "s", {"twice", "twice"}, {"s"}, {{"heads", 2}, {"sequence", 3}}},
                       {"AttentionSoftmax", "p", {"s"}, {"p"}, {{"sequence", 3}, {"scale", 0.5}}},
                       {"AttentionValues", "o", {"p", "sum"}, {"o"}, {{"sequence", 3}}},
                       {"SiLU", "u", {"o"}, {"u"}},
                       {"Tanh", "h", {"u"}, {"h"}},
                       {"Linear", "logits", {"h"}, {"logits"}, {{"features", 3}, {"bias", 0}}},
                       {"SoftmaxCrossEntropy", "loss", {"logits", "labels"}, {"loss"}}},
                      {"loss"}});
}

Tensors patchwork_inputs() {
  test::Values x;
  for (int i = 0; i < 18; ++i) x.push_back(std::cos(1.3 * i));
  return {{"x", x}, {"labels", {2, -1, 0, 1, 1, 2}}};
}

/// Tokens' loss, and one of two samples of three tokens, whose first has the label among its ids; what both read. Four
/// tokens have a label.
OperationGraph two_losses() {
  return sw::checked({{{"x", 3}, {"labels", 1}},
                      {{"Embedding", "e", {"x"}, {"e"}, {{"ids", 4}, {"features", 3}, {"of", 0}}},
                       {"Linear", "a", {"e"}, {"a"}, {{"features", 3}}},
                       {"Tanh", "h", {"a"}, {"h"}},
                       {"Linear", "follows", {"h"}, {"follows"}, {{"features", 2}}},
                       {"SoftmaxCrossEntropy", "second", {"follows", "x"}, {"second"}, {{"of", 2}}},
                       {"Linear", "logits", {"a"}, {"logits"}, {{"features", 4}}},
                       {"SoftmaxCrossEntropy", "loss", {"logits", "labels"}, {"loss"}}},
                      {"loss", "second"}});
}

Tensors two_losses_inputs() {
  return {{"x", {0, 1, 2, 3, 2, 1, 0, 0, 0, 0, 0, 0, 1, -1, -1, 0, -1, -1}}, {"labels", {2, -1, 0, 1, 1, -1}}};
}

void check_slopes(const OperationGraph& graph, const Tensors& inputs) {
  const Tensors parameters = parameters_of(graph);
  const Tensors gradients = GraphReference(graph, parameters).backward(inputs);
  const double nudge = 1e-5;
  for (const auto& [name, values] : parameters)
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto loss_at = [&, &name = name](double shift) {
        Tensors shifted = parameters;
        shifted[name][i] += shift;
        return GraphReference(graph, std::move(shifted)).loss(inputs);
      };
      const double slope = (loss_at(nudge) - loss_at(-nudge)) / (2 * nudge);
      INFO(name << "[" << i << "]");
      REQUIRE(gradients.at(sw::delta_name(name))[i] == Approx(slope).margin(2e-9));
    }
}

test::ReferenceOptimizer optimizer(Rule rule, double rate) {
  test::ReferenceOptimizer made;
  made.rule = rule;
  made.rate = rate;
  return made;
}

}  // namespace

TEST_CASE("gradients are the slopes of the loss, of every parameter") {
  check_slopes(patchwork(), patchwork_inputs());
  std::set<std::string> types;
  for (const Operation& operation : patchwork().operations) types.insert(operation.type);
  for (const test::TorchGpt& torch : test::torch_gpts) {
    if (torch.optimizer != "sgd") continue;
    const sw::TransformerConfig model = torch_model(torch.model);
    const OperationGraph graph = sw::transformer_graph(model);
    for (const Operation& operation : graph.operations) types.insert(operation.type);
    check_slopes(graph, torch_inputs(model));
  }
  sw::TransformerConfig tiled = torch_model(test::torch_gpts[0].model);
  tiled.tile_keys = 2;
  const OperationGraph graph = sw::transformer_graph(tiled);
  for (const Operation& operation : graph.operations) types.insert(operation.type);
  check_slopes(graph, torch_inputs(tiled));
  check_slopes(two_losses(), two_losses_inputs());
  for (const sw::OperationType& type : sw::operation_types())
    CHECK((types.count(type.name) == 1 || type.name == std::string("Dropout")));
}

TEST_CASE("a GPT has PyTorch's losses over five steps") {
  for (const test::TorchGpt& torch : test::torch_gpts) {
    CAPTURE(torch.model, torch.optimizer);
    const sw::TransformerConfig model = torch_model(torch.model);
    const OperationGraph graph = sw::transformer_graph(model);
    test::ReferenceOptimizer rule = optimizer(Rule::sgd, 0.3);
    if (torch.optimizer == "adamw") {
      rule = optimizer(Rule::adamw, 0.01);
      rule.weight_decay = 0.1;
    }
    GraphReference trainer(graph, parameters_of(graph), rule);
    for (const double loss : torch.losses) CHECK(trainer.step(torch_inputs(model)) == Approx(loss).epsilon(1e-12));
  }
}

TEST_CASE("a fully connected network is trained as by its own trainer") {
  const OperationGraph graph = sw::checked({{{"x", 3}, {"labels", 1}},
                                            {{"Linear", "fc1", {"x"}, {"fc1"}, {{"features", 5}}},
                                             {"ReLU", "r", {"fc1"}, {"r"}},
                                             {"Linear", "fc2", {"r"}, {"fc2"}, {{"features", 4}}},
                                             {"SoftmaxCrossEntropy", "loss", {"fc2", "labels"}, {"loss"}}},
                                            {"loss"}});
  const Tensors p = parameters_of(graph);
  const Tensors inputs{{"x", {0.5, -1, 2, 0.25, 1, -0.5}}, {"labels", {3, 1}}};
  for (const Rule rule : {Rule::sgd, Rule::momentum, Rule::adam}) {
    GraphReference trainer(graph, p, optimizer(rule, 0.1));
    test::ReferenceTrainer other(
        {{3, 5, p.at("fc1.weight"), p.at("fc1.bias")}, {5, 4, p.at("fc2.weight"), p.at("fc2.bias")}}, rule, 0.1);
    for (int step = 0; step < 4; ++step)
      CHECK(trainer.step(inputs) == Approx(other.step({{0.5, 2, 1}, {-1, 0.25, -0.5}}, {3, 1})).epsilon(1e-13));
    for (std::size_t i = 0; i < 15; ++i)
      CHECK(trainer.parameters().at("fc1.weight")[i] == Approx(other.layers()[0].weight[i]).margin(1e-14));
  }
}

TEST_CASE("no token sees a later one, nor another sequence") {
  const sw::TransformerConfig model = torch_model(test::torch_gpts.front().model);
  const OperationGraph graph = sw::transformer_graph(model);
  const GraphReference reference(graph, parameters_of(graph));
  const std::vector<int> labels(15, 0);
  std::vector<int> tokens{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 1, 2, 3, 4};
  const test::Values before = reference.forward(test::token_inputs(model, tokens, labels)).at("lm_head");
  tokens[7] = 0;
  const test::Values after = reference.forward(test::token_inputs(model, tokens, labels)).at("lm_head");
  for (std::size_t i = 0; i < before.size(); ++i) {
    const bool sees = i % 15 >= 7 && i % 15 < 10;
    CHECK((before[i] != after[i]) == sees);
  }
}

TEST_CASE("a GPT learns to repeat what it read four tokens ago") {
  sw::TransformerConfig model;
  model.vocab_size = 16;
  model.max_position_embeddings = model.sequence_length = 16;
  model.hidden_size = 32;
  model.num_hidden_layers = 2;
  model.num_heads = 4;
  model.filter_size = 128;
  const OperationGraph graph = sw::transformer_graph(model);
  GraphReference trainer(graph, parameters_of(graph), optimizer(Rule::adam, 0.01));
  // A sequence repeats four words; its first four tokens have no label, as nothing tells them.
  const auto batch = [&](unsigned seed) {
    std::vector<int> tokens, labels;
    for (unsigned sequence = 0; sequence < 4; ++sequence)
      for (unsigned s = 0; s < 16; ++s) {
        const auto word = [&](unsigned place) {
          return static_cast<int>((seed * 977 + sequence * 331 + place % 4 * 7919) * 2654435761U >> 28);
        };
        tokens.push_back(word(s));
        labels.push_back(s < 3 ? -1 : word(s + 1));
      }
    return test::token_inputs(model, tokens, labels);
  };
  for (unsigned step = 0; step < 200; ++step) trainer.step(batch(step));
  CHECK(trainer.loss(batch(1000)) < 0.2);  // log 16 = 2.8 without attention
}

TEST_CASE("parameters that are missing or of another size are refused, and dropout is no reference's") {
  const OperationGraph graph = patchwork();
  Tensors parameters = parameters_of(graph);
  parameters.at("n.weight").pop_back();
  CHECK_THROWS_WITH(GraphReference(graph, parameters), Catch::Contains("n.weight"));
  const OperationGraph dropped = sw::checked({{{"x", 3}, {"labels", 1}},
                                              {{"Dropout", "d", {"x"}, {"d"}, {{"probability", 0.5}}},
                                               {"SoftmaxCrossEntropy", "loss", {"d", "labels"}, {"loss"}}},
                                              {"loss"}});
  CHECK_THROWS_WITH(GraphReference(dropped, {}).loss({{"x", {1, 2, 3}}, {"labels", {1}}}), Catch::Contains("Dropout"));
}
