// Question: can any model be said as a graph, is a wrong one refused with all its mistakes, and is its backward pass
// the one that is derived by hand?
#include "sw/graph/operation_graph.h"

#include <catch2/catch.hpp>

#include "sw/graph/backward_graph.h"
#include "sw/graph/network_graph.h"
#include "sw/graph/operation_types.h"
#include "tests/support/graph_lines.h"
#include "tests/support/paths.h"
#include "tlm/base/error.h"

using namespace weft;
using Catch::Matchers::Contains;
using sw::Operation;
using sw::OperationGraph;
using test::lines_of;

namespace {

Operation linear(const std::string& name, const std::string& input, double features) {
  return {"Linear", name, {input}, {name}, {{"features", features}}};
}
Operation plain(const std::string& type, const std::string& name, std::vector<std::string> inputs) {
  return {type, name, std::move(inputs), {name}};
}
Operation loss(const std::string& logits) { return plain("SoftmaxCrossEntropy", "loss", {logits, "labels"}); }

OperationGraph graph_of(std::vector<Operation> operations) {
  return {{{"x", 8}, {"labels", 1}}, std::move(operations), {"loss"}};
}

/// a = relu(fc1(x)), out = fc3(a + fc2(a)): a residual.
OperationGraph residual() {
  return graph_of({linear("fc1", "x", 6), plain("ReLU", "a", {"fc1"}), linear("fc2", "a", 6),
                   plain("Add", "sum", {"fc2", "a"}), linear("fc3", "sum", 3), loss("fc3")});
}

/// Two ways from a to the sum, each with weights of its own.
OperationGraph diamond() {
  return graph_of({linear("fc1", "x", 6), plain("ReLU", "a", {"fc1"}), linear("left", "a", 4), linear("right", "a", 4),
                   plain("Add", "sum", {"left", "right"}), loss("sum")});
}

std::vector<std::string> names(const OperationGraph& graph) {
  std::vector<std::string> all;
  for (const Operation& operation : graph.operations) all.push_back(operation.name);
  return all;
}

std::string mistakes(OperationGraph graph) {
  try {
    sw::checked(std::move(graph));
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("operations come in the order of their reading whatever order they are said in, else as they stand") {
  OperationGraph graph = diamond();
  std::reverse(graph.operations.begin(), graph.operations.end());
  CHECK(names(sw::checked(graph)) == Lines{"fc1", "a", "right", "left", "sum", "loss"});
  CHECK(names(sw::checked(diamond())) == Lines{"fc1", "a", "left", "right", "sum", "loss"});
}

TEST_CASE("shapes follow from the inputs, parameters and flops from the shapes") {
  const OperationGraph graph = sw::checked(residual());
  CHECK(graph.operations[1].output_features == 6);
  CHECK(graph.operations[4].input_features == 6);
  CHECK(graph.operations[4].output_features == 3);
  CHECK(sw::parameters(graph) == (8 * 6 + 6) + (6 * 6 + 6) + (6 * 3 + 3));
  CHECK(sw::flops(graph) == (2 * 48 + 6) + 6 + (2 * 36 + 6) + 6 + (2 * 18 + 3) + (4 * 3 + 3));
}

TEST_CASE("a Linear without bias has neither its parameters nor its additions") {
  OperationGraph graph = graph_of({linear("fc1", "x", 3), loss("fc1")});
  graph.operations.front().attributes["bias"] = 0;
  graph = sw::checked(graph);
  CHECK(sw::parameters(graph) == 24);
  CHECK(sw::flops(graph) == 2 * 24 + (4 * 3 + 3));
  CHECK(lines_of(sw::backward_graph(graph)).back() == "fc1 gradient: d.fc1 x -> d.fc1.weight");
  CHECK(sw::flops(sw::backward_graph(graph)) == 2 * 3 + 2 * 24);
}

TEST_CASE("backward pass of a chain: deltas before gradients, the first layer without a delta") {
  const OperationGraph graph = sw::checked(
      graph_of({linear("fc1", "x", 6), plain("ReLU", "a", {"fc1"}),
                Operation{"Dropout", "b", {"a"}, {"b"}, {{"probability", 0.1}}}, linear("fc2", "b", 3), loss("fc2")}));
  const OperationGraph backward = sw::backward_graph(graph);
  CHECK(lines_of(backward) == Lines{"loss delta: fc2 labels -> d.fc2", "fc2 delta: d.fc2 -> d.b",
                                    "fc2 gradient: d.fc2 b -> d.fc2.weight d.fc2.bias", "b delta: d.b -> d.a",
                                    "a delta: d.a a -> d.fc1", "fc1 gradient: d.fc1 x -> d.fc1.weight d.fc1.bias"});
  Lines kept;
  for (const sw::Tensor& tensor : backward.inputs) kept.push_back(tensor.name);
  CHECK(kept == Lines{"x", "labels", "a", "b", "fc2"});
  CHECK(backward.outputs == Lines{"d.fc2.weight", "d.fc2.bias", "d.fc1.weight", "d.fc1.bias"});
  CHECK(sw::flops(backward) == 2 * 3 + 2 * 18 + (2 * 18 + 3) + 6 + 6 + (2 * 48 + 6));
}

TEST_CASE("backward pass of a residual: the sum's delta goes both ways, and both are added") {
  CHECK(lines_of(sw::backward_graph(sw::checked(residual()))) ==
        Lines{"loss delta: fc3 labels -> d.fc3", "fc3 delta: d.fc3 -> d.sum",
              "fc3 gradient: d.fc3 sum -> d.fc3.weight d.fc3.bias", "fc2 delta: d.sum -> d.a.by.fc2",
              "fc2 gradient: d.sum a -> d.fc2.weight d.fc2.bias", "d.a: d.sum d.a.by.fc2 -> d.a",
              "a delta: d.a a -> d.fc1", "fc1 gradient: d.fc1 x -> d.fc1.weight d.fc1.bias"});
}

TEST_CASE("backward pass of a diamond: each way has a delta of its own") {
  const OperationGraph backward = sw::backward_graph(sw::checked(diamond()));
  CHECK(lines_of(backward) ==
        Lines{"loss delta: sum labels -> d.sum", "right delta: d.sum -> d.a.by.right",
              "right gradient: d.sum a -> d.right.weight d.right.bias", "left delta: d.sum -> d.a.by.left",
              "left gradient: d.sum a -> d.left.weight d.left.bias", "d.a: d.a.by.right d.a.by.left -> d.a",
              "a delta: d.a a -> d.fc1", "fc1 gradient: d.fc1 x -> d.fc1.weight d.fc1.bias"});
  CHECK(sw::flops(backward) == 2 * 4 + 2 * (2 * 24) + 2 * (2 * 24 + 4) + 6 + 6 + (2 * 48 + 6));
}

TEST_CASE("a tensor that is added to itself has twice the sum's delta") {
  const OperationGraph graph =
      sw::checked(graph_of({linear("fc1", "x", 3), plain("Add", "twice", {"fc1", "fc1"}), loss("twice")}));
  CHECK(lines_of(sw::backward_graph(graph)) == Lines{"loss delta: twice labels -> d.twice",
                                                     "d.fc1: d.twice d.twice -> d.fc1",
                                                     "fc1 gradient: d.fc1 x -> d.fc1.weight d.fc1.bias"});
}

TEST_CASE("deltas of two tensors that are one have two names") {
  const OperationGraph graph =
      sw::checked(graph_of({linear("fc1", "x", 3),
                            {"AttentionScores", "s", {"fc1", "fc1"}, {"s"}, {{"heads", 1}, {"sequence", 3}}},
                            loss("s")}));
  CHECK(lines_of(sw::backward_graph(graph)) ==
        Lines{"loss delta: s labels -> d.s", "s delta: d.s fc1 -> d.fc1.by.s.0", "s delta: d.s fc1 -> d.fc1.by.s.1",
              "d.fc1: d.fc1.by.s.0 d.fc1.by.s.1 -> d.fc1", "fc1 gradient: d.fc1 x -> d.fc1.weight d.fc1.bias"});
}

TEST_CASE("attention whose heads or sequences do not fit is refused with what must be") {
  const std::string text =
      mistakes(graph_of({{"AttentionScores", "s", {"x", "x"}, {"s"}, {{"heads", 3}, {"sequence", 4}}},
                         {"AttentionScores", "t", {"x", "x"}, {"t"}, {{"heads", 2}, {"sequence", 4}}},
                         {"AttentionSoftmax", "p", {"t"}, {"p"}, {{"sequence", 5}, {"scale", 1}}},
                         {"AttentionSoftmax", "q", {"t"}, {"q"}, {{"sequence", 4}, {"scale", 1}}},
                         linear("odd", "x", 7),
                         {"AttentionValues", "o", {"q", "odd"}, {"o"}, {{"sequence", 4}}},
                         plain("Add", "sum", {"s", "p", "o"}),
                         loss("sum")}));
  CHECK_THAT(
      text, Contains("s (AttentionScores): reads x, x of 8, 8 features; allowed: queries and keys, `queries` to one,"));
  CHECK_THAT(text,
             Contains("p (AttentionSoftmax): reads t of 8 features; allowed: scores of a sequence for each head"));
  CHECK_THAT(text,
             Contains("o (AttentionValues): reads q, odd of 8, 7 features; allowed: probabilities of a sequence"));
}

TEST_CASE("a cycle is refused with its operations, what stands behind it is not named") {
  const std::string text = mistakes(graph_of(
      {linear("fc1", "x", 6), plain("Add", "sum", {"fc1", "back"}), linear("back", "sum", 6), linear("fc3", "back", 3),
       loss("fc3"), plain("Add", "own", {"own", "fc1"}), plain("Add", "more", {"own", "own"})}));
  CHECK_THAT(text, Contains("each waits for the next: sum, back, sum"));
  CHECK_THAT(text, Contains("each waits for the next: own, own"));
  CHECK_THAT(text, !Contains("fc3"));
}

TEST_CASE("tensors that nothing makes or nothing reads are refused, with the nearest name") {
  const std::string text = mistakes(graph_of({linear("fc1", "x", 6), plain("ReLU", "relu1", {"fcl"}), loss("relu1")}));
  CHECK_THAT(text, Contains("operation relu1 (ReLU): reads fcl, which nothing makes; nearest: fc1"));
  CHECK_THAT(text, Contains("tensor fc1: nothing reads it"));
}

TEST_CASE("parameters that are shared must be there, of the same shape, and have a gradient of each") {
  const auto graph = [](const std::string& shares, double ids) {
    OperationGraph made{{{"x", 1}, {"labels", 1}},
                        {{"Embedding", "table", {"x"}, {"t"}, {{"ids", ids}, {"features", 4}}},
                         {"Linear", "head", {"t"}, {"h"}, {{"features", 6}, {"bias", 0}}, shares},
                         loss("h")},
                        {"loss"}};
    return made;
  };
  const OperationGraph tied = sw::checked(graph("table", 6));
  CHECK(sw::parameters(tied) == 6 * 4);
  CHECK(sw::backward_graph(tied).outputs == std::vector<std::string>{"d.table.weight.by.head", "d.table.weight"});
  CHECK_THAT(mistakes(graph("table", 7)), Contains("head (Linear): shares the parameters of table, [7, 4]; its own are "
                                                   "[6, 4]; allowed: the same shape"));
  CHECK_THAT(mistakes(graph("tabel", 6)),
             Contains("shares the parameters of tabel, which is not there; nearest: table"));
  CHECK_THAT(mistakes(graph("head", 6)), Contains("shares the parameters of head, which has none of its own"));
}

TEST_CASE("an attribute that counts or is a choice is whole") {
  const auto said = [](const std::string& attribute) {
    return mistakes(graph_of(
        {{"AttentionSoftmax", "p", {"x"}, {"p"}, {{"sequence", 4}, {"scale", 1}, {attribute, 0.5}}}, loss("p")}));
  };
  for (const char* attribute : {"causal", "reach", "padded", "linear_bias"})
    CHECK_THAT(said(attribute), Contains(std::string("p (AttentionSoftmax): ") + attribute + ": 0.5; allowed: "));
  CHECK_THAT(said("scale"), !Contains("scale"));
}

TEST_CASE("all mistakes at once") {
  OperationGraph graph = graph_of({linear("fc1", "x", 2.5),
                                   plain("Relu6", "a", {"fc1"}),
                                   plain("Linear", "fc2", {"x"}),
                                   {"Dropout", "d", {"x"}, {"d"}, {{"probabilty", 0.5}, {"probability", 2}}},
                                   plain("ReLU", "r", {"x", "x"}),
                                   linear("fc1", "x", 4),
                                   linear("narrow", "x", 7),
                                   plain("Add", "sum", {"x", "narrow"}),
                                   plain("SoftmaxCrossEntropy", "loss", {"sum", "x"})});
  graph.outputs = {"loss", "los", "sum"};
  const std::string text = mistakes(graph);
  CHECK_THAT(text, Contains("fc1 (Linear): features: 2.5; allowed: 1 to"));
  CHECK_THAT(text, Contains("a (Relu6): no such operation; nearest: ReLU"));
  CHECK_THAT(text, Contains("fc2 (Linear): features is missing"));
  CHECK_THAT(text, Contains("d (Dropout): probability: 2; allowed: 0 to 1"));
  CHECK_THAT(text, Contains("d (Dropout): no attribute probabilty; nearest: probability"));
  CHECK_THAT(text, Contains("r (ReLU): reads 2 tensors; allowed: 1"));
  CHECK_THAT(text, Contains("fc1 (Linear): another one has this name"));
  CHECK_THAT(text, Contains("tensor fc1: is made twice"));
  CHECK_THAT(text, Contains("sum (Add): reads x, narrow of 8, 7 features; allowed: tensors of one shape"));
  CHECK_THAT(text, Contains("output los: nothing makes it; nearest: loss"));
  CHECK_THAT(text, Contains("output sum: is not made by a loss"));
}

TEST_CASE("a label is one feature, an output there must be") {
  CHECK_THAT(mistakes({{{"x", 8}, {"labels", 2}}, {loss("x")}, {"loss"}}),
             Contains("loss (SoftmaxCrossEntropy): reads x, labels of 8, 2 features; allowed: logits and one label"));
  CHECK_THAT(mistakes({{{"x", 8}}, {linear("fc1", "x", 2)}, {}}), Contains("no output"));
  CHECK_THAT(mistakes({{{"x", 0}, {"labels", 1}}, {loss("x")}, {"loss"}}), Contains("input x: 0 features"));
}

TEST_CASE("a model file's network is a chain with the flops of its shapes") {
  const auto model = sw::read_model("fc_mnist", weft::test::source_path("sw/models"),
                                    {"model.dropout=0.2", "model.hidden_sizes=[5]", "model.sparsity=[0.5, 0]"});
  const OperationGraph graph = sw::network_graph(model.config.model);
  CHECK(lines_of(graph) == Lines{"fc1: samples -> fc1", "fc1.relu: fc1 -> fc1.relu",
                                 "fc1.dropout: fc1.relu -> fc1.dropout", "fc2: fc1.dropout -> fc2",
                                 "loss: fc2 labels -> loss"});
  CHECK(graph.operations[0].attribute("sparsity") == 0.5);
  CHECK(graph.operations[2].attribute("probability") == 0.2);
  CHECK(sw::flops(graph) == (2 * 784 * 5 + 5) + 5 + 5 + (2 * 5 * 10 + 10) + 43);
}
