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
};

class HuggingFaceMap {
 public:
  HuggingFaceMap(const TransformerConfig& model, hw::TrainingState& state)
      : model_(model), state_(state), names_(names_of(model)) {
    const std::string stem(names_.prefix);
    add_linear(stem + std::string(names_.words), "embedding", false);
    if (!names_.positions.empty()) add_linear(stem + std::string(names_.positions), "positions", false);
    for (int layer = 0; layer < model.num_hidden_layers; ++layer) add_block(stem, layer);
    add_norm(stem + std::string(names_.last_norm), "ln_f");
    if (has("lm_head")) add_linear(std::string(names_.head), "lm_head", false);
  }

  static const HuggingFaceNames& names_of(const TransformerConfig& model) {
    const std::string type = huggingface_type(model);
    return *std::find_if(std::begin(huggingface_names), std::end(huggingface_names),
                         [&](const HuggingFaceNames& names) { return names.type == type; });
  }
  const HuggingFaceNames& names() const { return names_; }
  const std::vector<Mapped>& all() const { return all_; }

 private:
  hw::StateTensor* find(const std::string& layer, const std::string& which) const {
    for (hw::LayerState& state : state_.layers)
      if (state.layer == layer)
        for (hw::StateTensor& tensor : state.tensors)
          if (tensor.name == which) return &tensor;
    return nullptr;
  }
  bool has(const std::string& layer) const { return find(layer, "weight") != nullptr; }

  void add_norm(const std::string& name, const std::string& layer) {
    for (const char* which : {"weight", "bias"})
      if (hw::StateTensor* own = find(layer, which))
        all_.push_back({{name + "." + which, own->shape, "F32", {}},
                        [own](std::int64_t row, std::int64_t) { return &own->values[static_cast<std::size_t>(row)]; }});
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
    const std::int64_t turned = model_.rotary_features > 0 ? model_.rotary_features : model_.head_size();
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
    if (name.size() > end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0) return true;
  return false;
}

}  // namespace

std::string huggingface_type(const TransformerConfig& model) {
  const bool rotary = model.positions == Positions::rotary, gated = model.nonlinearity == "SwiGLU",
             rms = model.norm == "RMSNorm";
  const bool attention_bias = model.projection_bias && model.attention_output_bias;
  const bool no_attention_bias = !model.projection_bias && !model.attention_output_bias;
  const bool layer_norm = !rms && !gated;
  if (model.family == TransformerFamily::encoder)
    throw UsageError(
        "a bert's weights are neither read from nor written to Hugging Face's files; known: gpt2, gpt_neox, gptj, "
        "llama");
  if (layer_norm && model.queries() == 1 && model.ffn_bias) {
    if (model.learned_positions() && !model.parallel && attention_bias && !model.output_bias) return "gpt2";
    if (rotary && model.parallel && !model.ffn_norm && no_attention_bias && model.output_bias) return "gptj";
    if (rotary && model.ffn_norm && (attention_bias || no_attention_bias) && !model.output_bias) return "gpt_neox";
  }
  if (rotary && rms && gated && !model.parallel && model.rotary_features == 0 && !model.output_bias &&
      (attention_bias || no_attention_bias))
    return "llama";
  throw UsageError(fmt::format(
      "no model of Hugging Face's that is known here has this network ({} positions, {}, {}, {} blocks, {} of queries "
      "to "
      "a head of keys, biases: projection {}, attention output {}, feed-forward {}, output {}); known: gpt2, gpt_neox, "
      "gptj, llama",
      rotary                      ? "rotary"
      : model.learned_positions() ? "learned"
                                  : "alibi",
      model.norm, model.nonlinearity, model.parallel ? "parallel" : "plain", model.queries(), model.projection_bias,
      model.attention_output_bias, model.ffn_bias, model.output_bias));
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

void take_huggingface_weights(const std::string& file, const std::vector<SafeTensor>& tensors,
                              const TransformerConfig& model, hw::TrainingState& state) {
  const HuggingFaceMap map(model, state);
  const std::string prefix(map.names().prefix), head = fmt::format("{}.weight", map.names().head),
                                                words = fmt::format("{}{}.weight", prefix, map.names().words);
  std::vector<std::string> there, mistakes, taken;
  for (const SafeTensor& tensor : tensors) there.push_back(tensor.name);
  const auto find = [&](const std::string& name) -> const SafeTensor* {
    const std::string bare = name.rfind(prefix, 0) == 0 ? name.substr(prefix.size()) : name;
    for (const SafeTensor& tensor : tensors)
      if (tensor.name == name || tensor.name == bare) return &tensor;
    return nullptr;
  };
  for (const Mapped& mapped : map.all()) {
    const std::string& name = mapped.tensor.name;
    const SafeTensor* found = find(name);
    if (!found && name == head) found = find(words);
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
  }
  if (const SafeTensor* of_head = find(head), *of_words = find(words); model.tied && of_head) {
    taken.push_back(of_head->name);
    if (of_words && of_head->values != of_words->values)
      mistakes.push_back(fmt::format("{} is not {}, and this model's are one", of_head->name, of_words->name));
  }
  for (const std::string& name : there)
    if (std::find(taken.begin(), taken.end(), name) == taken.end() && !passed_over(name, map.names().passed_over))
      mistakes.push_back(fmt::format("holds {}, which this model does not have", name));
  if (!mistakes.empty()) refuse_file(file, mistakes);
  for (const Mapped& mapped : map.all()) {
    const SafeTensor* found = find(mapped.tensor.name);
    if (!found) found = find(words);
    for_each_element(mapped, [&](std::size_t index, float* here) { *here = found->values[index]; });
  }
}

}  // namespace weft::sw
