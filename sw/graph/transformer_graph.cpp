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
    std::string stream = embedded();
    if (model_.embedding_norm) stream = norm("ln_embedding", stream);
    stream = dropped(stream, model_.dropout.embedding);
    for (int layer = 0; layer < model_.num_hidden_layers; ++layer) {
      const std::string block = fmt::format("h{}.", layer);
      stream = model_.parallel             ? in_parallel(block, stream)
               : model_.encoder.norm_first ? norm_first(block, stream)
                                           : norm_last(block, stream);
    }
    if (model_.encoder.next_sentences) next_sentences(stream);
    const bool encoder = model_.family == TransformerFamily::encoder;
    const std::string last = encoder ? masked_head(stream) : norm("ln_f", stream);
    const std::string logits = linear("lm_head", last, model_.vocab_size, model_.bias.output);
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
    std::vector<std::string> tables{table("embedding", model_.vocab_size, 0)};
    if (model_.learned_positions()) tables.push_back(table("positions", model_.max_position_embeddings, 1));
    if (model_.encoder.segments > 0) tables.push_back(table("segments", model_.encoder.segments, model_.segment_id()));
    return tables.size() == 1 ? tables.front() : add("Add", "embedded", tables);
  }
  std::string norm(const std::string& name, const std::string& input) {
    return add(model_.norm, name, {input}, {{"epsilon", model_.norm_epsilon}});
  }
  std::string dropped(const std::string& input, double probability) {
    return probability > 0 ? add("Dropout", input + ".dropout", {input}, {{"probability", probability}}) : input;
  }

  std::string in_parallel(const std::string& block, const std::string& stream) {
    const std::string normed = norm(block + "ln_1", stream);
    const std::string attended = attention(block, normed);
    const std::string fed = feed_forward(block, model_.ffn_norm ? norm(block + "ln_2", stream) : normed);
    return add("Add", block + "add_1", {stream, attended, fed});
  }

  std::string norm_first(const std::string& block, std::string stream) {
    stream = add("Add", block + "add_1", {stream, attention(block, norm(block + "ln_1", stream))});
    return add("Add", block + "add_2", {stream, feed_forward(block, norm(block + "ln_2", stream))});
  }

  std::string norm_last(const std::string& block, std::string stream) {
    stream = norm(block + "ln_1", add("Add", block + "add_1", {stream, attention(block, stream)}));
    return norm(block + "ln_2", add("Add", block + "add_2", {stream, feed_forward(block, stream)}));
  }

  /// Does the second sentence follow the first? Of every token, though only a sample's first has that label. It stands
  /// before the other head: the last layer is the one of words.
  void next_sentences(const std::string& stream) {
    const std::string pooled =
        activation(model_.encoder.pooler_nonlinearity, linear("pooler", stream, model_.hidden_size, model_.bias.ffn));
    const std::string logits = linear("nsp", pooled, 2, model_.bias.ffn);
    graph_.outputs.push_back(
        add("SoftmaxCrossEntropy", "nsp_loss", {logits, "samples"}, {{"of", model_.next_sentence_id()}}));
  }

  /// Before BERT's output layer.
  std::string masked_head(const std::string& stream) {
    const std::string wide = linear("mlm", stream, model_.hidden_size, model_.encoder.mlm_bias);
    return norm("ln_mlm", activation(model_.encoder.mlm_nonlinearity, wide));
  }

  std::string attention(const std::string& block, const std::string& input) {
    const double sequence = model_.sequence_length;
    const auto projected = [&](const char* name, int heads) {
      return linear(block + name, input, heads * model_.head_size(), model_.bias.projections);
    };
    const int kv_heads = model_.num_heads / model_.queries();
    // What is 1 or all of them is not said.
    const auto with_queries = [&](std::map<std::string, double> attributes) {
      if (model_.queries() > 1) attributes["queries"] = model_.queries();
      return attributes;
    };
    const auto placed = [&](const std::string& features, std::map<std::string, double> attributes) {
      if (model_.positions != Positions::rotary) return features;
      attributes.insert({{"heads", kv_heads}, {"sequence", sequence}, {"base", model_.rotary.base}});
      if (model_.rotary.features > 0) attributes["turned"] = model_.rotary.features;
      return add("Rotary", features + ".rotary", {features}, std::move(attributes));
    };
    const std::string queries = placed(projected("q", model_.num_heads), with_queries({})),
                      keys = placed(projected("k", kv_heads), {}), values = projected("v", kv_heads);
    const double scale = 1 / std::sqrt(static_cast<double>(model_.head_size()));
    const std::string name = block + "attention";
    if (model_.tile_keys > 0) {
      std::map<std::string, double> attributes = with_queries(softmax_attributes(scale));
      attributes.insert({{"heads", kv_heads}, {"tile_keys", model_.tile_keys}});
      if (model_.dropout.attention > 0) attributes["dropout"] = model_.dropout.attention;
      return projected_back(block, add("TiledAttention", name, {queries, keys, values}, std::move(attributes)));
    }
    const std::string scores = add("AttentionScores", name + ".scores", {queries, keys},
                                   with_queries({{"heads", kv_heads}, {"sequence", sequence}}));
    const std::string softmax =
        add("AttentionSoftmax", name + ".softmax", {scores}, with_queries(softmax_attributes(scale)));
    const std::string probabilities = dropped(softmax, model_.dropout.attention);
    const std::string heads =
        add("AttentionValues", name, {probabilities, values}, with_queries({{"sequence", sequence}}));
    return projected_back(block, heads);
  }

  std::string projected_back(const std::string& block, const std::string& heads) {
    return dropped(linear(block + "proj", heads, model_.hidden_size, model_.bias.attention_output),
                   model_.dropout.residual);
  }

  std::map<std::string, double> softmax_attributes(double scale) const {
    std::map<std::string, double> attributes{{"sequence", model_.sequence_length}, {"scale", scale}};
    if (model_.family == TransformerFamily::decoder) attributes["causal"] = 1;
    if (model_.reach > 0) attributes["reach"] = model_.reach;
    if (model_.skip_masked) attributes["skip_masked"] = 1;
    if (model_.encoder.padded) attributes["padded"] = 1;
    if (model_.positions == Positions::linear_bias) attributes["linear_bias"] = 1;
    return attributes;
  }

  std::string feed_forward(const std::string& block, const std::string& input) {
    const std::string wide = linear(block + "fc1", input, model_.filter_size, model_.bias.ffn);
    const std::string active = activated(block, input, wide);
    return dropped(linear(block + "fc2", active, model_.hidden_size, model_.bias.ffn), model_.dropout.residual);
  }

  std::string activated(const std::string& block, const std::string& input, const std::string& wide) {
    if (model_.nonlinearity == "SwiGLU") {
      const std::string gate = linear(block + "fc1_gate", input, model_.filter_size, model_.bias.ffn);
      return add("SwiGLU", wide + ".swiglu", {gate, wide});
    }
    return activation(model_.nonlinearity, wide);
  }

  std::string activation(const std::string& type, const std::string& input) {
    return add(type, input + "." + find_operation_type(type)->activation_fn.front(), {input});
  }

  const TransformerConfig& model_;
  OperationGraph graph_;
};

}  // namespace

bool is_added(const std::string& layer) {
  const std::string last = layer.substr(layer.rfind('.') + 1);
  return last != layer && (last == "proj" || last == "fc2");
}

OperationGraph transformer_graph(const TransformerConfig& model) { return TransformerBuilder(model).result(); }

}  // namespace weft::sw
