#include "tests/support/training_graphs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace weft::test {

namespace {

class GraphWriter {
 public:
  explicit GraphWriter(int features) : graph_{{{"samples", features}, {"labels", 1}}, {}, {"loss"}} {}

  std::string add(const std::string& type, const std::string& name, std::vector<std::string> inputs,
                  std::map<std::string, double> attributes = {}) {
    graph_.operations.push_back({type, name, std::move(inputs), {name}, std::move(attributes)});
    return name;
  }
  std::string linear(const std::string& name, const std::string& input, int features, bool bias = true) {
    return add("Linear", name, {input}, {{"features", features}, {"bias", bias ? 1 : 0}});
  }
  std::string norm(const std::string& type, const std::string& name, const std::string& input, double epsilon = 1e-5) {
    return add(type, name, {input}, {{"epsilon", epsilon}});
  }
  sw::OperationGraph result(const std::string& logits) {
    add("SoftmaxCrossEntropy", "loss", {logits, "labels"});
    return sw::checked(std::move(graph_));
  }

 private:
  sw::OperationGraph graph_;
};

class RandomGraph {
 public:
  RandomGraph(const RandomGraphShape& shape, std::mt19937& random)
      : shape_(shape), random_(random), writer_(shape.features) {}

  sw::OperationGraph result() {
    made(writer_.linear("in", "samples", shape_.width, coin()));
    linears_.emplace_back("in");
    if (shape_.features == shape_.width) tensors_.emplace_back("samples");
    for (int operation = 0; operation < shape_.operations; ++operation) append(fmt::format("o{}", operation));
    const std::string sum = unread_.size() > 1 ? add("Add", "all", {unread_.begin(), unread_.end()}) : unread_.front();
    return writer_.result(
        writer_.linear("out", writer_.norm("LayerNorm", "last", sum, epsilon), shape_.classes, coin()));
  }

 private:
  int pick(int count) { return static_cast<int>(random_() % static_cast<unsigned>(count)); }
  bool coin() { return pick(2) == 0; }
  const std::string& any() { return tensors_[static_cast<std::size_t>(pick(static_cast<int>(tensors_.size())))]; }

  std::string made(const std::string& name) {
    tensors_.push_back(name);
    unread_.push_back(name);
    return name;
  }
  /// `inputs` are read.
  std::string add(const std::string& type, const std::string& name, const std::vector<std::string>& inputs,
                  const std::map<std::string, double>& attributes = {}) {
    for (const std::string& input : inputs)
      unread_.erase(std::remove(unread_.begin(), unread_.end(), input), unread_.end());
    return writer_.add(type, name, inputs, attributes);
  }

  void append(const std::string& name) {
    switch (pick(shape_.heads > 0 ? 7 : 5)) {
      case 0:
        made(linear(name));
        return;
      case 1:
        made(norm(name));
        return;
      case 2:
        made(add("Add", name, coin() ? std::vector{any(), any()} : std::vector{any(), any(), any()}));
        return;
      case 3:
        activation(name);
        return;
      case 4: {
        const std::string gate = linear(name + ".gate");
        made(add("SwiGLU", name, {gate, coin() ? gate : any()}));
        return;
      }
      case 5:
        if (shape_.width / shape_.heads % 2 == 0) rotary(name);
        return;
      default:
        attention(name);
    }
  }

  // Draws stand in an order of their own: arguments have none.
  std::string linear(const std::string& name) {
    const std::string input = pick(6) == 0 ? "samples" : any();
    linears_.push_back(name);
    return add("Linear", name, {input}, {{"features", shape_.width}, {"bias", coin() ? 1 : 0}});
  }
  std::string norm(const std::string& name) {
    const std::string input = any();
    return add(coin() ? "LayerNorm" : "RMSNorm", name, {input}, {{"epsilon", epsilon}});
  }
  /// What it reads may be read by others, too, as by a second activation.
  void activation(const std::string& name) {
    const char* types[] = {"ReLU", "GELU", "GELU_tanh", "SiLU"};
    const std::string before =
        coin() ? linear(name + ".linear") : linears_[static_cast<std::size_t>(pick(static_cast<int>(linears_.size())))];
    made(add(types[pick(4)], name, {before}));
    if (coin()) tensors_.push_back(before);
  }
  void rotary(const std::string& name) {
    made(add("Rotary", name, {any()},
             {{"heads", shape_.heads}, {"sequence", static_cast<double>(shape_.sequence)}, {"base", 100}}));
  }
  void attention(const std::string& name) {
    const double sequence = shape_.sequence;
    const double scale = 1 / std::sqrt(static_cast<double>(shape_.width) / shape_.heads);
    const std::string scores =
        add("AttentionScores", name + ".scores", {any(), any()}, {{"heads", shape_.heads}, {"sequence", sequence}});
    const bool causal = coin();
    const std::string softmax =
        add("AttentionSoftmax", name + ".softmax", {scores},
            {{"sequence", sequence}, {"scale", scale}, {"causal", causal}, {"linear_bias", causal && coin() ? 1 : 0}});
    made(add("AttentionValues", name, {softmax, any()}, {{"sequence", sequence}}));
  }

  /// So large that the delta of a norm of two features is more than what rounding leaves.
  static constexpr double epsilon = 0.1;

  const RandomGraphShape& shape_;
  std::mt19937& random_;
  GraphWriter writer_;
  std::vector<std::string> tensors_, unread_, linears_;
};

}  // namespace

sw::TransformerConfig small_gpt(int width, int heads, int layers) {
  sw::TransformerConfig model;
  model.vocab_size = 24;
  model.max_position_embeddings = model.sequence_length = 8;
  model.hidden_size = width;
  model.num_heads = heads;
  model.num_hidden_layers = layers;
  model.filter_size = 2 * width;
  return model;
}

sw::TransformerConfig small_bert(int width, int heads, int layers) {
  sw::TransformerConfig model = small_gpt(width, heads, layers);
  model.family = sw::TransformerFamily::encoder;
  model.encoder.norm_first = false;
  model.embedding_norm = model.bias.output = true;
  return model;
}

sw::OperationGraph residual_network(int features, int width, const std::string& norm, const std::string& activation) {
  GraphWriter writer(features);
  std::string stream = writer.linear("in", "samples", width);
  for (const std::string block : {"a.", "b."}) {
    const std::string wide = writer.linear(block + "fc1", writer.norm(norm, block + "norm", stream), 2 * width);
    const std::string back = writer.linear(block + "fc2", writer.add(activation, block + "active", {wide}), width);
    stream = writer.add("Add", block + "sum", {stream, back});
  }
  return writer.result(writer.linear("out", stream, 7));
}

sw::OperationGraph random_graph(const RandomGraphShape& shape, std::mt19937& random) {
  return RandomGraph(shape, random).result();
}

}  // namespace weft::test
