#include "sw/graph/network_section.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "sw/graph/model_limits.h"
#include "sw/graph/operation_types.h"

namespace weft::sw {

namespace {

/// hidden_sizes: [500, 300], or depth: 10 with hidden_size: 50. Who says both must say the same.
std::vector<int> read_hidden_sizes(YamlSection& section) {
  const IntegerRange range{1, kMaxFeatures};
  if (!section.has("hidden_sizes") && (section.has("depth") || section.has("hidden_size"))) {
    const int depth = section.integer("depth", {1, kMaxLayers});
    return std::vector<int>(static_cast<std::size_t>(depth), section.integer("hidden_size", range));
  }
  std::vector<int> sizes = section.integers("hidden_sizes", range, kMaxLayers, 0);
  const auto agree = [&](const char* key, bool agrees) {
    if (section.good("hidden_sizes") && section.good(key) && !agrees) section.reject(key, "hidden_sizes says another");
  };
  if (section.has("depth"))
    agree("depth", static_cast<std::size_t>(section.integer("depth", {0, kMaxLayers})) == sizes.size());
  if (section.has("hidden_size")) {
    const int each = section.integer("hidden_size", range);
    agree("hidden_size", std::all_of(sizes.begin(), sizes.end(), [each](int size) { return size == each; }));
  }
  return sizes;
}

/// A share of zeros for all layers, a list with one for each, or from_checkpoint.
SparsityConfig read_sparsity(YamlSection& section, int layers) {
  const RealRange range{0, 0.9999};
  SparsityConfig sparsity;
  if (!section.has("sparsity")) {
    section.not_used("sparsity_seed", "the model has no sparsity");
    return sparsity;
  }
  if (section.is_word("sparsity")) {
    section.choice<bool>("sparsity", {{"from_checkpoint", true}});
    section.not_used("sparsity_seed", "the checkpoint's zeros say which weights there are");
    sparsity.from_checkpoint = true;
    return sparsity;
  }
  if (section.is_list("sparsity")) {
    sparsity.of_layers = section.reals("sparsity", range, std::vector<double>(static_cast<std::size_t>(layers), 0.0));
  } else {
    sparsity.of_layers.assign(static_cast<std::size_t>(layers), section.real("sparsity", range));
  }
  sparsity.seed = static_cast<std::uint64_t>(section.integer64("sparsity_seed", kSeedRange, 1));
  return sparsity;
}

FullyConnectedConfig read_fully_connected(YamlSection& section, const std::string& data_processor) {
  FullyConnectedConfig network;
  const bool mnist = data_processor == "mnist";
  network.input_features = mnist ? section.integer("input_features", {784, 784, "mnist: 28 x 28 pixels"}, 784)
                                 : section.integer("input_features", {1, kMaxFeatures});
  network.hidden_sizes = read_hidden_sizes(section);
  network.num_classes =
      section.integer("num_classes", {mnist ? 10 : 1, kMaxFeatures, mnist ? "mnist: labels 0 to 9" : ""}, 10);
  network.activation = section.choice<std::string>("activation_fn", activation_functions(), network.activation);
  network.bias = section.boolean("use_bias", network.bias);
  network.dropout = section.real("dropout", {0, 0.99}, 0.0);
  return network;
}

/// Which network a section describes: as it says, or by the keys that it has. None: a fully connected one.
std::optional<TransformerFamily> read_family(YamlSection& section) {
  enum class Kind { fully_connected, decoder, encoder };
  const bool is_transformer = section.has("num_heads") || section.has("vocab_size");
  const bool is_encoder = section.has("encoder_nonlinearity") || section.has("disable_nsp");
  const Kind kind = section.choice<Kind>("model_name",
                                         {{"fully_connected", Kind::fully_connected},
                                          {"gpt2", Kind::decoder},
                                          {"gpt3", Kind::decoder},
                                          {"gpt", Kind::decoder},
                                          {"llama", Kind::decoder},
                                          {"bert", Kind::encoder}},
                                         !is_transformer ? Kind::fully_connected
                                         : is_encoder    ? Kind::encoder
                                                         : Kind::decoder);
  if (kind == Kind::fully_connected) return {};
  return kind == Kind::encoder ? TransformerFamily::encoder : TransformerFamily::decoder;
}

}  // namespace

NetworkConfig read_network(YamlSection section, const DataConfig& data, const std::string& file_name) {
  NetworkConfig network;
  network.name = section.text("name", file_name);
  const std::optional<TransformerFamily> transformer = read_family(section);
  if (transformer)
    network.layers = read_transformer(section, *transformer, data.sample_tokens(), data.data_processor == "hdf5");
  else
    network.layers = read_fully_connected(section, data.data_processor);
  section.choice<std::string>("loss", {{"softmax_cross_entropy", "softmax_cross_entropy"}}, "softmax_cross_entropy");
  if (!section.boolean("mixed_precision", true))
    section.reject("mixed_precision", "the machine trains in mixed precision only");
  std::vector<std::pair<std::string, HalfFormat>> formats;
  for (const HalfFormatRow& row : half_formats) formats.emplace_back(row.in_model_files, row.format);
  network.format = section.choice<HalfFormat>("fp16_type", formats, HalfFormat::fp16);
  if (section.has("gradient_wire"))
    network.half_gradients =
        section.choice<bool>("gradient_wire", {{"float32", false}, {"fp16_type", true}}, network.half_gradients);
  network.retain_output_layer = section.choice<RetainOutput>(
      "retain_output_layer",
      {{"auto", RetainOutput::automatic}, {"true", RetainOutput::yes}, {"false", RetainOutput::no}},
      RetainOutput::automatic);
  if (transformer) {
    for (const char* key : {"sparsity", "sparsity_seed"})
      section.not_used(key, "a transformer's weights are dense; it has no such key yet");
    return network;
  }
  network.sparsity = read_sparsity(section, static_cast<int>(network.fully_connected()->hidden_sizes.size()) + 1);
  const std::vector<double>& zeros = network.sparsity.of_layers;
  if (network.retain_output_layer == RetainOutput::yes && !zeros.empty() && zeros.back() > 0)
    section.reject("retain_output_layer", "a sparse output layer's weights are not kept; allowed: auto, false");
  return network;
}

}  // namespace weft::sw
