// Question: does each operation of a graph get the kernel that does it, in the order of launching, and is an operation
// that no kernel does named together with what there is?
#include "sw/compiler/kernel_matching.h"

#include <catch2/catch.hpp>

#include "sw/compiler/matched_model.h"
#include "sw/graph/network_graph.h"
#include "sw/graph/transformer_graph.h"
#include "tests/support/training_graphs.h"
#include "tlm/base/error.h"

using namespace weft;
using Catch::Matchers::Contains;
using K = hw::KernelKind;

namespace {

sw::MatchedModel mlp(std::vector<int> hidden, double dropout = 0) {
  sw::NetworkConfig network;
  network.layers = sw::FullyConnectedConfig{8, std::move(hidden), 3, "ReLU", true, dropout};
  return sw::matched_model(sw::network_graph(network));
}

using Launches = std::vector<std::pair<K, int>>;

Launches said(const std::vector<hw::Launch>& launches) {
  Launches all;
  for (const hw::Launch& launch : launches) all.emplace_back(launch.kind, launch.layer);
  return all;
}

sw::Operation linear(const std::string& name, const std::string& input, double features) {
  return {"Linear", name, {input}, {name}, {{"features", features}}};
}
sw::Operation plain(const std::string& type, const std::string& name, std::vector<std::string> inputs) {
  return {type, name, std::move(inputs), {name}};
}

std::string refused(std::vector<sw::Operation> operations, std::vector<std::string> outputs = {"loss"}) {
  const sw::OperationGraph graph = sw::checked({{{"x", 6}, {"labels", 1}}, std::move(operations), std::move(outputs)});
  try {
    sw::match_kernels(graph);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("products that sum halves at level 1: of matrices and tables, forward and of deltas but a head's") {
  const auto sums = [](const sw::NetworkConfig& network, K kind) {
    std::vector<std::string> names;
    for (const hw::MatrixLayer& layer : sw::matched_model(sw::network_graph(network)).layers)
      if (layer.half_sums.of(kind)) names.push_back(layer.name);
    return names;
  };
  using Names = std::vector<std::string>;
  sw::NetworkConfig network;
  network.layers = sw::FullyConnectedConfig{8, {5}, 3, "ReLU", true, 0};
  for (const K kind : {K::matmul_forward, K::matmul_delta, K::matmul_gradient}) CHECK(sums(network, kind).empty());
  network.precision_opt_level = 1;
  for (const K kind : {K::matmul_forward, K::retain_forward, K::matmul_delta})
    CHECK(sums(network, kind) == Names{"fc1", "fc2"});
  for (const K kind : {K::matmul_gradient, K::retained_delta, K::load_vectors, K::activation, K::load_input})
    CHECK(sums(network, kind).empty());
  network.layers = test::small_gpt(8, 2);
  Names all = sums(network, K::matmul_forward), backwards = sums(network, K::matmul_delta);
  CHECK(all.front() == "embedding");
  CHECK(all == sums(network, K::embedding));
  REQUIRE(all.back() == "lm_head");
  all.pop_back();
  CHECK(backwards == all);
  CHECK(all.size() == 8);  // two tables, queries, keys, values, what they give, two of the feed-forward
  for (const K kind : {K::attention_scores, K::attention_values, K::attention_keys, K::matmul_gradient})
    CHECK(sums(network, kind).empty());
}

TEST_CASE("launches of a network by hand: one layer, two, with dropout in the activation's kernel") {
  CHECK(said(sw::train_launches(mlp({}), false, 1)) ==
        Launches{{K::load_input, 0}, {K::matmul_forward, 0}, {K::softmax_loss, 0}, {K::matmul_gradient, 0}});
  const Launches two{{K::load_input, 0},      {K::matmul_forward, 0},      {K::activation, 0},
                     {K::matmul_forward, 1},  {K::softmax_loss, 1},        {K::matmul_delta, 1},
                     {K::matmul_gradient, 1}, {K::activation_backward, 0}, {K::matmul_gradient, 0}};
  CHECK(said(sw::train_launches(mlp({5}), false, 2)) == two);
  CHECK(said(sw::train_launches(mlp({5}, 0.1), false, 2)) == two);
  CHECK(said(sw::eval_launches(mlp({5}, 0.1))) == Launches(two.begin(), two.begin() + 5));
  const sw::MatchedModel model = mlp({5, 4}, 0.1);
  REQUIRE(model.layers.size() == 3);
  CHECK((model.layers[1].name == "fc2" && model.layers[1].inputs == 5 && model.layers[1].outputs == 4));
  CHECK((model.layers[1].activation == "ReLU" && model.layers[1].dropout == 0.1));
  CHECK((model.layers[2].activation.empty() && model.layers[2].dropout == 0));
}

TEST_CASE("the output layer's weights may stay, and only its own") {
  const Launches launches = said(sw::train_launches(mlp({5, 4}), true, 3));
  CHECK(launches[5] == std::pair(K::retain_forward, 2));
  CHECK(launches[7] == std::pair(K::retained_delta, 2));
  CHECK(launches[1] == std::pair(K::matmul_forward, 0));
  CHECK(launches[10] == std::pair(K::matmul_delta, 1));
}

TEST_CASE("what is not kept is computed again, segment by segment, before the backward pass needs it") {
  const sw::MatchedModel model = mlp({5, 5, 5, 5});
  const Launches launches = said(sw::train_launches(model, false, 2));
  const Launches backward(launches.begin() + 11, launches.end());
  // Segments {0 1} {2 3} {4}: inputs of 0, 2 and 4 are kept.
  CHECK(backward == Launches{{K::matmul_delta, 4},
                             {K::matmul_gradient, 4},
                             {K::activation_backward, 3},
                             {K::matmul_forward, 2},
                             {K::activation, 2},
                             {K::matmul_delta, 3},
                             {K::matmul_gradient, 3},
                             {K::activation_backward, 2},
                             {K::matmul_delta, 2},
                             {K::matmul_gradient, 2},
                             {K::activation_backward, 1},
                             {K::matmul_forward, 0},
                             {K::activation, 0},
                             {K::matmul_delta, 1},
                             {K::matmul_gradient, 1},
                             {K::activation_backward, 0},
                             {K::matmul_gradient, 0}});
  CHECK(said(sw::train_launches(model, false, 1)) == said(sw::train_launches(model, false, 5)));
}

TEST_CASE("a residual is added in a launch of its own, and its deltas in one of the layer that they lead to") {
  const sw::MatchedModel model = sw::matched_model(sw::checked(
      {{{"x", 6}, {"labels", 1}},
       {linear("fc1", "x", 6), plain("ReLU", "a", {"fc1"}), linear("fc2", "a", 6), plain("Add", "sum", {"fc2", "a"}),
        linear("fc3", "sum", 3), plain("SoftmaxCrossEntropy", "loss", {"fc3", "labels"})},
       {"loss"}}));
  CHECK(said(model.forward) == Launches{{K::matmul_forward, 0},
                                        {K::activation, 0},
                                        {K::matmul_forward, 1},
                                        {K::addition, 2},
                                        {K::matmul_forward, 3},
                                        {K::softmax_loss, 3}});
  CHECK(said(model.backward) == Launches{{K::matmul_delta, 3},
                                         {K::matmul_gradient, 3},
                                         {K::matmul_delta, 1},
                                         {K::matmul_gradient, 1},
                                         {K::addition, 0},
                                         {K::activation_backward, 0},
                                         {K::matmul_gradient, 0}});
}

TEST_CASE("an operation that stands where its kernel cannot take it is refused") {
  const auto loss = [](const char* logits) { return plain("SoftmaxCrossEntropy", "loss", {logits, "labels"}); };
  CHECK_THAT(refused({plain("ReLU", "a", {"x"}), linear("fc1", "a", 3), loss("fc1")}),
             Contains("operation a (ReLU, reads x): no kernel does it"));
  CHECK_THAT(
      refused({linear("fc1", "x", 3), linear("fc2", "fc1", 3), plain("Add", "sum", {"fc1", "fc2"}), loss("sum")}),
      Contains("operation loss (SoftmaxCrossEntropy, reads sum of Add and labels): no kernel does it"));
  const auto dropout = [](const char* name, const char* input) {
    return sw::Operation{"Dropout", name, {input}, {name}, {{"probability", 0.5}}};
  };
  CHECK_THAT(refused({dropout("d", "x"), linear("fc", "d", 3), loss("fc")}),
             Contains("operation d (Dropout, reads x): no kernel does it"));
  CHECK_THAT(
      refused({linear("fc1", "x", 6), dropout("d", "fc1"), dropout("e", "d"), linear("fc2", "e", 3), loss("fc2")}),
      Contains("operation e (Dropout, reads d of Dropout): what is dropped there was dropped before"));
}

TEST_CASE("a model has one loss, and nobody else reads its logits") {
  const std::string text = refused({linear("a", "x", 3), plain("SoftmaxCrossEntropy", "one", {"a", "labels"}),
                                    linear("b", "x", 3), plain("SoftmaxCrossEntropy", "other", {"b", "labels"})},
                                   {"one", "other"});
  CHECK_THAT(text,
             Contains("operation other (SoftmaxCrossEntropy, reads b of Linear and labels): a model has one loss"));
  CHECK_THAT(refused({linear("a", "x", 3), linear("b", "a", 3), plain("Add", "c", {"a", "b"}),
                      plain("SoftmaxCrossEntropy", "one", {"a", "labels"}),
                      plain("SoftmaxCrossEntropy", "other", {"c", "labels"})},
                     {"one", "other"}),
             Contains("a is fp32, which only the loss can read"));
}

TEST_CASE("one loss of whole samples may stand beside it, not alone, and its launch reads the ids") {
  const sw::Operation table{"Embedding", "e", {"x"}, {"e"}, {{"ids", 5}, {"features", 6}, {"of", 0}}};
  const auto of_samples = [](const std::string& name, const std::string& logits) {
    return sw::Operation{"SoftmaxCrossEntropy", name, {logits, "x"}, {name}, {{"of", 1}}};
  };
  CHECK_THAT(refused({table, linear("a", "e", 2), of_samples("one", "a"), linear("b", "e", 2), of_samples("other", "b"),
                      linear("fc", "e", 3), plain("SoftmaxCrossEntropy", "loss", {"fc", "labels"})},
                     {"one", "other", "loss"}),
             Contains("a model has one loss, and one of whole samples"));
  CHECK_THROWS_WITH(
      sw::match_kernels(sw::checked({{{"x", 2}}, {table, linear("a", "e", 2), of_samples("one", "a")}, {"one"}})),
      Contains("a loss of whole samples stands beside one of their tokens"));
  const sw::Operation words = plain("SoftmaxCrossEntropy", "loss", {"fc", "labels"});
  CHECK_THAT(
      refused({linear("a", "x", 2), of_samples("one", "a"), linear("fc", "x", 3), words}, {"one", "loss"}),
      Contains("operation one (SoftmaxCrossEntropy, reads a of Linear and x): its label is an id, and no table"));
  CHECK_THROWS_WITH(
      sw::checked({{{"x", 1}, {"labels", 1}}, {table, linear("a", "e", 2), of_samples("one", "a")}, {"one"}}),
      Contains(
          "one (SoftmaxCrossEntropy): reads a, x of 2, 1 features; allowed: logits and one label, or so many ids"));
  const sw::MatchedModel model =
      sw::matched_model(sw::checked({{{"x", 2}, {"labels", 1}},
                                     {table, linear("a", "e", 2), of_samples("one", "a"), linear("fc", "e", 3), words},
                                     {"one", "loss"}}));
  CHECK((model.layers[1].label_id == 1 && model.layers[2].label_id == -1));
  CHECK(hw::sample_form(model.layers).features == 2);
  int ids = 0;
  for (const hw::Launch& launch : model.forward)
    if (launch.kind == hw::KernelKind::softmax_loss) ids += launch.reads.of(hw::Operand::ids) >= 0 ? 1 : 0;
  CHECK(ids == 1);
}

TEST_CASE("scores and probabilities are one attention's alone, whose parts fit each other") {
  const auto with = [](double sequence, double features, std::vector<sw::Operation> more, const char* last) {
    std::vector<sw::Operation> operations{
        linear("q", "x", 4),
        linear("v", "x", features),
        {"AttentionScores", "s", {"q", "q"}, {"s"}, {{"heads", 2}, {"sequence", 6}}},
        {"AttentionSoftmax", "p", {"s"}, {"p"}, {{"sequence", sequence}, {"scale", 1}}},
        {"AttentionValues", "o", {"p", "v"}, {"o"}, {{"sequence", sequence}}}};
    operations.insert(operations.end(), more.begin(), more.end());
    operations.insert(operations.end(),
                      {linear("out", last, 3), plain("SoftmaxCrossEntropy", "loss", {"out", "labels"})});
    return refused(operations);
  };
  CHECK(with(6, 4, {}, "o").empty());
  CHECK_THAT(with(3, 4, {}, "o"), Contains("operation p (AttentionSoftmax, reads s of AttentionScores): sequences of 3 "
                                           "tokens; those of s have 6"));
  CHECK_THAT(with(6, 8, {}, "o"), Contains("values of 8 features; the queries of s have 4"));
  const sw::Operation again{"AttentionValues", "o2", {"p", "q"}, {"o2"}, {{"sequence", 6}}};
  CHECK_THAT(with(6, 4, {again, plain("Add", "sum", {"o", "o2"})}, "sum"),
             Contains("p lies by heads, where one AttentionValues alone can read it"));
  CHECK_THAT(with(6, 12, {plain("Add", "sum", {"o", "s"})}, "sum"),
             Contains("s lies by heads, where one AttentionSoftmax alone can read it"));
}

TEST_CASE("an operation that no kernel does stands in the table, without one") {
  const sw::Matching matching =
      sw::cover_with_kernels(sw::checked({{{"x", 6}, {"labels", 1}},
                                          {{"Dropout", "d", {"x"}, {"d"}, {{"probability", 0.5}}},
                                           linear("fc1", "d", 6),
                                           linear("fc2", "fc1", 3),
                                           plain("SoftmaxCrossEntropy", "loss", {"fc2", "labels"})},
                                          {"loss"}}));
  CHECK_FALSE(matching.missing.empty());
  const std::string text = sw::matching_table(matching);
  CHECK_THAT(text, Contains("\nd            x            6x6          none                      0             6\n"
                            "fc1          d            6x6          matmul_forward           42            78\n"
                            "fc2          fc1          6x3          matmul_forward           21            39\n"));
  CHECK_THROWS_WITH(sw::require_kernels(matching, text), Contains(text) && Contains("operation d (Dropout"));
}

TEST_CASE("a GPT's longer names make its table's columns wider") {
  sw::TransformerConfig model;
  model.vocab_size = 10;
  model.max_position_embeddings = model.sequence_length = 4;
  model.hidden_size = model.filter_size = 8;
  model.num_hidden_layers = 12;
  model.num_heads = 2;
  const std::string text = sw::matching_table(sw::cover_with_kernels(sw::transformer_graph(model)));
  std::vector<std::string> lines;
  for (std::size_t from = 0; from < text.size(); from = text.find('\n', from) + 1)
    lines.push_back(text.substr(from, text.find('\n', from) - from));
  const std::size_t operations = 3 + 12 * 14 + 3;
  REQUIRE(lines.size() > operations);
  for (std::size_t line = 1; line <= operations; ++line) CHECK(lines[line].size() == lines[0].size());
  CHECK_THAT(text, Contains("\nh11.attention         h11.attention.softmax h11.v 8x8"));
}

TEST_CASE("the table holds every operation of both passes in 80 columns") {
  sw::NetworkConfig network;
  network.layers = sw::FullyConnectedConfig{12'288, std::vector<int>(95, 49'152), 49'152, "ReLU", true, 0.1};
  const std::string text = sw::matching_table(sw::match_kernels(sw::network_graph(network)));
  std::size_t lines = 0;
  for (std::size_t from = 0; from < text.size(); ++lines) {
    const std::size_t end = text.find('\n', from);
    CHECK(end - from <= 80);
    from = end + 1;
  }
  CHECK(lines == 3 + (3 * 95 + 2) + (4 * 95 + 2));
  CHECK_THAT(text, Contains("matmul_delta") && Contains("d.fc96.weight") && !Contains("load_input"));
  // Of a hidden layer's ReLU and dropout the second, each way, and the loss's delta, which its forward kernel leaves.
  std::size_t same = 0;
  for (std::size_t at = 0; (at = text.find("(same kernel)", at)) != std::string::npos; ++at) ++same;
  CHECK(same == 95 + 95 + 1);
}
