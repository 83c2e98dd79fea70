#include "sw/graph/transformer_graph.h"

#include <fmt/format.h>

#include <cmath>

#include "sw/graph/operation_types.h"

namespace weft::sw {

namespace {

class TransformerBuilder {
 public:
  explicit TransformerBuilder(const TransformerConfig& model)
      : model_(model), graph_{{{"samples", model.input_features()}, {"labels", 1}}, {}, {"loss"}} {}

  OperationGraph result() {
    std::string stream = dropped(embedded(), model_.embedding_dropout);
    for (int layer = 0; layer < model_.num_hidden_layers; ++layer) {
      const std::string block = fmt::format("h{}.", layer);
      stream = add("Add", block + "add_1", {stream, attention(block, norm(block + "ln_1", stream))});
      stream = add("Add", block + "add_2", {stream, feed_forward(block, norm(block + "ln_2", stream))});
    }
    const std::string logits = linear("lm_head", norm("ln_f", stream), model_.vocab_size, model_.output_bias);
    if (model_.tied) graph_.operations.back().shares = "embedding";
    add("SoftmaxCrossEntropy", "loss", {logits, "labels"});
    return checked(std::move(graph_));
  }

 private:
  /// The name of what the operation makes, which is its own.
  std::string add(const std::string& type, const std::string& name, std::vector<std::string> inputs,
                  std::map<std::string, double> attributes = {}) {
    graph_.operations.push_back({type, name, std::move(inputs), {name}, std::move(attributes)});
    return name;
  }
  std::string linear(const std::string& name, const std::string& input, int features, bool bias) {
    return add("Linear", name, {input}, {{"features", features}, {"bias", bias ? 1 : 0}});
  }
  /// A row for each value of one of the samples' ids.
  std::string table(const std::string& name, int ids, int of) {
    return add("Embedding", name, {"samples"}, {{"ids", ids}, {"features", model_.hidden_size}, {"of", of}});
  }
  std::string embedded() {
    const std::string words = table("embedding", model_.vocab_size, 0);
    if (!model_.learned_positions()) return words;
    return add("Add", "embedded", {words, table("positions", model_.max_position_embeddings, 1)});
  }
  std::string norm(const std::string& name, const std::string& input) {
    return add(model_.norm, name, {input}, {{"epsilon", model_.norm_epsilon}});
  }
  std::string dropped(const std::string& input, double probability) {
    return probability > 0 ? add("Dropout", input + ".dropout", {input}, {{"probability", probability}}) : input;
  }

  std::string attention(const std::string& block, const std::string& input) {
    const double sequence = model_.sequence_length;
    const auto projected = [&](const char* name) {
      return linear(block + name, input, model_.hidden_size, model_.projection_bias);
    };
    const auto placed = [&](const std::string& features) {
      if (model_.rotary_base == 0) return features;
      return add("Rotary", features + ".rotary", {features},
                 {{"heads", model_.num_heads}, {"sequence", sequence}, {"base", model_.rotary_base}});
    };
    const std::string queries = placed(projected("q")), keys = placed(projected("k")), values = projected("v");
    const double head_size = static_cast<double>(model_.hidden_size) / model_.num_heads;
    const std::string name = block + "attention";
    const std::string scores = add("AttentionScores", name + ".scores", {queries, keys},
                                   {{"heads", model_.num_heads}, {"sequence", sequence}});
    const std::string probabilities = add("AttentionSoftmax", name + ".softmax", {scores},
                                          {{"sequence", sequence}, {"scale", 1 / std::sqrt(head_size)}, {"causal", 1}});
    const std::string heads = add("AttentionValues", name, {probabilities, values}, {{"sequence", sequence}});
    return dropped(linear(block + "proj", heads, model_.hidden_size, model_.attention_output_bias), model_.dropout);
  }

  std::string feed_forward(const std::string& block, const std::string& input) {
    const std::string wide = linear(block + "fc1", input, model_.filter_size, model_.ffn_bias);
    const std::string active = activated(block, input, wide);
    return dropped(linear(block + "fc2", active, model_.hidden_size, model_.ffn_bias), model_.dropout);
  }

  std::string activated(const std::string& block, const std::string& input, const std::string& wide) {
    if (model_.nonlinearity == "SwiGLU") {
      const std::string gate = linear(block + "fc1_gate", input, model_.filter_size, model_.ffn_bias);
      return add("SwiGLU", wide + ".swiglu", {gate, wide});
    }
    const std::string& function = find_operation_type(model_.nonlinearity)->activation_fn.front();
    return add(model_.nonlinearity, wide + "." + function, {wide});
  }

  const TransformerConfig& model_;
  OperationGraph graph_;
};

}  // namespace

OperationGraph transformer_graph(const TransformerConfig& model) { return TransformerBuilder(model).result(); }

}  // namespace weft::sw
