#include "sw/exchange/huggingface_weights.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <sstream>

#include "sw/exchange/huggingface_names.h"
#include "sw/exchange/mistakes.h"
#include "tlm/base/error.h"
#include "tlm/base/nearest.h"

namespace weft::sw {

namespace {

/// One tensor of the file: where each of its elements is in the state.
struct Mapped {
  SafeTensor tensor;                                                ///< without values
  std::function<float*(std::int64_t row, std::int64_t column)> at;  ///< of a vector the column is 0
  bool is_zero = false;  ///< this network has none: zeros go out, and a file may hold zeros or nothing
};

class HuggingFaceMap {
 public:
  /// `segments`: rows of a BERT's table of segments, if this network has none.
  HuggingFaceMap(const TransformerConfig& model, hw::TrainingState& state, std::int64_t segments = 2)
      : model_(model), state_(state), names_(names_of(model)) {
    const std::string stem(names_.prefix);
    const auto of = [&](std::string_view part) { return stem + std::string(part); };
    add_linear(of(names_.words), "embedding", false);
    if (!names_.positions.empty()) add_linear(of(names_.positions), "positions", false);
    if (has_own_segments()) add_linear(of(names_.segments), "segments", false);
    if (folds_segments()) add_segments(of(names_.segments) + ".weight", segments);
    if (!names_.ln_embedding.empty()) add_norm(of(names_.ln_embedding), "ln_embedding");
    for (int layer = 0; layer < model.num_hidden_layers; ++layer) add_block(stem, layer);
    if (!names_.last_norm.empty()) add_norm(of(names_.last_norm), "ln_f");
    if (model.encoder.next_sentences) {
      add_linear(of(names_.pooler), "pooler", false);
      add_linear(std::string(names_.next_sentence), "nsp", false);
    }
    if (!names_.mlm.empty()) {
      add_linear(std::string(names_.mlm), "mlm", false);
      add_norm(std::string(names_.ln_mlm), "ln_mlm");
    }
    add_head();
  }

  /// All elements of a file are in: of a network without a table of segments each token is of the first, so its
  /// position's row takes that one's.
  void taken() {
    if (!folds_segments()) return;
    std::vector<float>& positions = find("positions", "weight")->values;
    const auto width = static_cast<std::size_t>(model_.hidden_size);
    for (std::size_t at = 0; at < positions.size(); ++at) positions[at] += segments_[at % width];
  }

  static const HuggingFaceNames& names_of(const TransformerConfig& model) {
    const std::string type = huggingface_type(model);
    return *std::find_if(std::begin(huggingface_names), std::end(huggingface_names),
                         [&](const HuggingFaceNames& names) { return names.type == type; });
  }
  const std::vector<Mapped>& all() const { return all_; }

 private:
  bool has_own_segments() const { return model_.encoder.segments > 0; }
  bool folds_segments() const { return !names_.segments.empty() && !has_own_segments(); }

  hw::StateTensor* find(const std::string& layer, const std::string& which) const {
    for (hw::LayerState& state : state_.layers)
      if (state.layer == layer)
        for (hw::StateTensor& tensor : state.tensors)
          if (tensor.name == which) return &tensor;
    return nullptr;
  }

  void add_norm(const std::string& name, const std::string& layer) {
    for (const char* which : {"weight", "bias"})
      if (hw::StateTensor* own = find(layer, which))
        all_.push_back({{name + "." + which, own->shape, "F32", {}},
                        [own](std::int64_t row, std::int64_t) { return &own->values[static_cast<std::size_t>(row)]; }});
  }

  void add_segments(const std::string& name, std::int64_t rows) {
    const std::int64_t width = model_.hidden_size;
    segments_.resize(static_cast<std::size_t>(rows * width));
    all_.push_back({{name, {rows, width}, "F32", {}}, [this, width](std::int64_t row, std::int64_t column) {
                      return &segments_[static_cast<std::size_t>(row * width + column)];
                    }});
  }

  /// Where the output's bias has a name of its own, a network without one has zeros there.
  void add_head() {
    add_linear(std::string(names_.head), "lm_head", false);
    if (names_.output_bias.empty()) return;
    const std::string name(names_.output_bias);
    if (find("lm_head", "bias")) {
      all_.back().tensor.name = name;
      return;
    }
    no_bias_.resize(static_cast<std::size_t>(model_.vocab_size));
    all_.push_back({{name, {model_.vocab_size}, "F32", {}},
                    [this](std::int64_t row, std::int64_t) { return &no_bias_[static_cast<std::size_t>(row)]; },
                    true});
  }

  using Order = std::function<std::int64_t(std::int64_t)>;  ///< place here of a row or column of the file

  void add_linear(const std::string& name, const std::string& layer, bool transposed, const Order& row_here = {},
                  const Order& column_here = {}) {
    add_joined(
        name, {layer}, transposed,
        [row_here](std::int64_t row) { return std::pair<int, std::int64_t>(0, row_here ? row_here(row) : row); },
        column_here);
  }

  /// Rows of several layers in one tensor: which of them, and which row of it.
  void add_joined(const std::string& name, const std::vector<std::string>& layers, bool transposed,
                  const std::function<std::pair<int, std::int64_t>(std::int64_t)>& row_here,
                  const Order& column_here = {}) {
    for (const char* which : {"weight", "bias"}) {
      std::vector<hw::StateTensor*> own;
      std::int64_t rows = 0;
      for (const std::string& layer : layers)
        if (hw::StateTensor* tensor = find(layer, which)) {
          own.push_back(tensor);
          rows += tensor->shape[0];
        }
      if (own.size() != layers.size()) continue;
      const bool matrix = own.front()->shape.size() > 1;
      const std::int64_t columns = matrix ? own.front()->shape[1] : 1;
      std::vector<std::int64_t> shape{rows};
      if (matrix) shape = transposed ? std::vector{columns, rows} : std::vector{rows, columns};
      const bool turned = transposed && matrix;
      all_.push_back(
          {{name + "." + which, shape, "F32", {}},
           [own, columns, row_here, column_here, turned](std::int64_t row, std::int64_t column) {
             if (turned) std::swap(row, column);
             const auto [tensor, here] = row_here(row);
             if (column_here) column = column_here(column);
             return &own[static_cast<std::size_t>(tensor)]->values[static_cast<std::size_t>(here * columns + column)];
           }});
    }
  }

  void add_block(const std::string& stem, int layer) {
    const std::string name = fmt::format("{}{}{}.", stem, names_.block, layer), own = fmt::format("h{}.", layer);
    const auto of = [&](std::string_view part) { return name + std::string(part); };
    add_norm(of(names_.ln_1), own + "ln_1");
    add_attention(of, own);
    const std::int64_t size = model_.head_size(), queries = model_.queries();
    add_linear(of(names_.proj), own + "proj", names_.transposed, {},
               [size, queries](std::int64_t column) { return grouped(column / size, column % size, size, queries); });
    if (!names_.ln_2.empty()) add_norm(of(names_.ln_2), own + "ln_2");
    add_linear(of(names_.fc1), own + "fc1", names_.transposed);
    if (!names_.fc1_gate.empty()) add_linear(of(names_.fc1_gate), own + "fc1_gate", names_.transposed);
    add_linear(of(names_.fc2), own + "fc2", names_.transposed);
  }

  /// Of a head of queries.
  static std::int64_t grouped(std::int64_t head, std::int64_t feature, std::int64_t size, std::int64_t queries) {
    return (head / queries * size + feature) * queries + head % queries;
  }
  std::int64_t paired(std::int64_t feature) const {
    const std::int64_t turned = model_.rotary.features > 0 ? model_.rotary.features : model_.head_size();
    if (!names_.halves || feature >= turned) return feature;
    return feature < turned / 2 ? 2 * feature : 2 * (feature - turned / 2) + 1;
  }

  template <typename Of>
  void add_attention(const Of& of, const std::string& own) {
    const std::int64_t size = model_.head_size(), queries = model_.queries(), width = model_.hidden_size;
    const Order query = [this, size, queries](std::int64_t row) {
      return grouped(row / size, paired(row % size), size, queries);
    };
    const Order key = [this, size](std::int64_t row) { return row / size * size + paired(row % size); };
    if (names_.joined == Joined::no) {
      add_linear(of(names_.q), own + "q", names_.transposed, query);
      add_linear(of(names_.k), own + "k", names_.transposed, key);
      add_linear(of(names_.v), own + "v", names_.transposed);
      return;
    }
    const bool by_heads = names_.joined == Joined::by_heads;
    add_joined(of(names_.q), {own + "q", own + "k", own + "v"}, names_.transposed,
               [query, key, by_heads, size, width](std::int64_t row) {
                 const std::int64_t which = by_heads ? row / size % 3 : row / width;
                 const std::int64_t there = by_heads ? row / (3 * size) * size + row % size : row % width;
                 return std::pair(static_cast<int>(which), which == 0 ? query(there) : which == 1 ? key(there) : there);
               });
  }

  TransformerConfig model_;
  hw::TrainingState& state_;
  const HuggingFaceNames& names_;
  std::vector<float> segments_, no_bias_;  ///< [segment][feature], [id]
  std::vector<Mapped> all_;
};

template <typename Visit>
void for_each_element(const Mapped& mapped, Visit&& visit) {
  const std::vector<std::int64_t>& shape = mapped.tensor.shape;
  const std::int64_t columns = shape.size() > 1 ? shape[1] : 1;
  std::size_t index = 0;
  for (std::int64_t row = 0; row < shape[0]; ++row)
    for (std::int64_t column = 0; column < columns; ++column) visit(index++, mapped.at(row, column));
}

bool passed_over(const std::string& name, std::string_view ends) {
  std::istringstream all{std::string(ends)};
  for (std::string end; all >> end;)
    if (name.size() >= end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0) return true;
  return false;
}

}  // namespace

std::string huggingface_type(const TransformerConfig& model) {
  const bool rotary = model.positions == Positions::rotary, gated = model.nonlinearity == "SwiGLU",
             rms = model.norm == "RMSNorm";
  const bool attention_bias = model.bias.projections && model.bias.attention_output;
  const bool no_attention_bias = !model.bias.projections && !model.bias.attention_output;
  const bool layer_norm = !rms && !gated;
  if (model.family == TransformerFamily::encoder) {
    const bool pooler = !model.encoder.next_sentences || model.encoder.pooler_nonlinearity == "Tanh";
    if (layer_norm && model.queries() == 1 && model.embedding_norm && !model.encoder.norm_first && attention_bias &&
        pooler && model.bias.ffn && model.encoder.mlm_bias && model.encoder.mlm_nonlinearity == model.nonlinearity)
      return "bert";
    throw UsageError(fmt::format(
        "Hugging Face's bert has LayerNorm behind the embedding and behind what attention and feed-forward are added "
        "to, a bias everywhere, and one nonlinearity, but tanh in the pooler; this network has {}, "
        "embedding_layer_norm {}, norm_first {}, "
        "nonlinearities {}, {} and {}, {} of queries to a head of keys, biases: projection {}, attention output {}, "
        "feed-forward {}, mlm {}",
        model.norm, model.embedding_norm, model.encoder.norm_first, model.nonlinearity, model.encoder.mlm_nonlinearity,
        model.encoder.next_sentences ? model.encoder.pooler_nonlinearity : "Tanh", model.queries(),
        model.bias.projections, model.bias.attention_output, model.bias.ffn, model.encoder.mlm_bias));
  }
  if (layer_norm && model.queries() == 1 && model.bias.ffn) {
    if (model.learned_positions() && !model.parallel && attention_bias && !model.bias.output) return "gpt2";
    if (rotary && model.parallel && !model.ffn_norm && no_attention_bias && model.bias.output) return "gptj";
    if (rotary && model.ffn_norm && (attention_bias || no_attention_bias) && !model.bias.output) return "gpt_neox";
  }
  if (rotary && rms && gated && !model.parallel && model.rotary.features == 0 && !model.bias.output &&
      (attention_bias || no_attention_bias))
    return "llama";
  throw UsageError(fmt::format(
      "no model of Hugging Face's that is known here has this network ({} positions, {}, {}, {} blocks, {} of queries "
      "to "
      "a head of keys, biases: projection {}, attention output {}, feed-forward {}, output {}); known: gpt2, gpt_neox, "
      "gptj, llama, bert",
      rotary                      ? "rotary"
      : model.learned_positions() ? "learned"
                                  : "alibi",
      model.norm, model.nonlinearity, model.parallel ? "parallel" : "plain", model.queries(), model.bias.projections,
      model.bias.attention_output, model.bias.ffn, model.bias.output));
}

std::vector<SafeTensor> huggingface_weights(const TransformerConfig& model, const hw::TrainingState& state) {
  hw::TrainingState copy = state;
  const HuggingFaceMap map(model, copy);
  std::vector<SafeTensor> tensors;
  for (const Mapped& mapped : map.all()) {
    SafeTensor tensor = mapped.tensor;
    tensor.values.resize(static_cast<std::size_t>(tensor.elements()));
    for_each_element(mapped, [&](std::size_t index, const float* here) { tensor.values[index] = *here; });
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

namespace {

/// What a file holds, by the names of a model's tensors.
class WeightFile {
 public:
  WeightFile(const std::vector<SafeTensor>& tensors, std::string_view prefix) : tensors_(tensors), prefix_(prefix) {}

  /// Also without the model's prefix; of a norm also as TensorFlow calls its vectors.
  const SafeTensor* find(const std::string& name) const {
    for (const std::string& known : {name, older(name)}) {
      const std::string bare = known.rfind(prefix_, 0) == 0 ? known.substr(prefix_.size()) : known;
      for (const SafeTensor& tensor : tensors_)
        if (tensor.name == known || tensor.name == bare) return &tensor;
    }
    return nullptr;
  }

 private:
  static std::string older(const std::string& name) {
    for (const auto& [end, old] : {std::pair<std::string, std::string>("LayerNorm.weight", "LayerNorm.gamma"),
                                   {"LayerNorm.bias", "LayerNorm.beta"}})
      if (name.size() > end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0)
        return name.substr(0, name.size() - end.size()) + old;
    return name;
  }

  const std::vector<SafeTensor>& tensors_;
  std::string prefix_;
};

bool all_zero(const SafeTensor& tensor) {
  return std::all_of(tensor.values.begin(), tensor.values.end(), [](float value) { return value == 0; });
}

}  // namespace

void take_huggingface_weights(const std::string& file, const std::vector<SafeTensor>& tensors,
                              const TransformerConfig& model, hw::TrainingState& state) {
  const HuggingFaceNames& names = HuggingFaceMap::names_of(model);
  const WeightFile weights(tensors, names.prefix);
  const auto name_of = [&](std::string_view part) { return fmt::format("{}{}.weight", names.prefix, part); };
  const std::string head = fmt::format("{}.weight", names.head), words = name_of(names.words);
  const SafeTensor* segments = names.segments.empty() ? nullptr : weights.find(name_of(names.segments));
  HuggingFaceMap map(model, state, segments && !segments->shape.empty() ? segments->shape[0] : 1);
  std::vector<std::string> there, mistakes, taken;
  for (const SafeTensor& tensor : tensors) there.push_back(tensor.name);
  for (const Mapped& mapped : map.all()) {
    const std::string& name = mapped.tensor.name;
    const SafeTensor* found = weights.find(name);
    if (!found && name == head) found = weights.find(words);
    if (!found && mapped.is_zero) continue;
    if (!found) {
      const std::optional<std::string> close = nearest(name, there);
      mistakes.push_back(fmt::format("holds no {}{}", name, close ? "; nearest: " + *close : ""));
      continue;
    }
    taken.push_back(found->name);
    if (found->shape != mapped.tensor.shape)
      mistakes.push_back(fmt::format("{}: shape [{}]; this model has [{}]", found->name, fmt::join(found->shape, ", "),
                                     fmt::join(mapped.tensor.shape, ", ")));
    else if (found->values.empty())
      mistakes.push_back(fmt::format("{}: dtype {}; allowed: F32, F16, BF16", found->name, found->dtype));
    else if (mapped.is_zero && !all_zero(*found))
      mistakes.push_back(fmt::format("{} is not zero, and this model's output layer has no bias{}", found->name,
                                     model.tied ? ": one that shares the embedding has none" : ""));
  }
  if (const SafeTensor* of_head = weights.find(head), *of_words = weights.find(words); model.tied && of_head) {
    taken.push_back(of_head->name);
    if (of_words && of_head->values != of_words->values)
      mistakes.push_back(fmt::format("{} is not {}, and this model's are one", of_head->name, of_words->name));
  }
  for (const std::string& name : there)
    if (std::find(taken.begin(), taken.end(), name) == taken.end() && !passed_over(name, names.passed_over))
      mistakes.push_back(fmt::format("holds {}, which this model does not have", name));
  if (!mistakes.empty()) refuse_file(file, mistakes);
  for (const Mapped& mapped : map.all()) {
    const SafeTensor* found = weights.find(mapped.tensor.name);
    if (!found && mapped.is_zero) continue;
    if (!found) found = weights.find(words);
    for_each_element(mapped, [&](std::size_t index, float* here) { *here = found->values[index]; });
  }
  map.taken();
}

}  // namespace weft::sw
