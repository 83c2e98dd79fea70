#include "sw/graph/transformer_section.h"

#include <fmt/format.h>

#include <algorithm>

#include "sw/graph/model_limits.h"
#include "sw/graph/operation_types.h"

namespace weft::sw {

namespace {

constexpr double kMostDropout = 0.99;

/// `norm_type`, or as older files say it, `use_rms_norm`. Who says both must say the same.
std::string read_norm(YamlSection& section) {
  std::string norm = section.choice<std::string>("norm_type", {{"layernorm", "LayerNorm"}, {"rmsnorm", "RMSNorm"}},
                                                 std::string("LayerNorm"));
  if (!section.has("use_rms_norm")) return norm;
  const std::string older = section.boolean("use_rms_norm", false) ? "RMSNorm" : "LayerNorm";
  if (!section.has("norm_type")) return older;
  if (older != norm && section.good("norm_type") && section.good("use_rms_norm"))
    section.reject("use_rms_norm", "norm_type says another");
  return norm;
}

/// Those of embedding and attention are as dropout_rate where they are not written.
void read_dropout(YamlSection& section, TransformerConfig& model) {
  const RealRange range{0, kMostDropout};
  model.dropout = section.real("dropout_rate", range, 0.0);
  model.embedding_dropout = section.real("embedding_dropout_rate", range, model.dropout);
  const double attention = section.real("attention_dropout_rate", range, model.dropout);
  if (attention > 0 && section.good("attention_dropout_rate") && section.good("dropout_rate"))
    section.reject("attention_dropout_rate",
                   fmt::format("allowed: 0, as of the others: no kernel drops what a matrix or attention makes yet{}",
                               section.has("attention_dropout_rate")
                                   ? ""
                                   : fmt::format(", and without the key it is as dropout_rate, {:g}", attention)));
}

std::vector<std::pair<std::string, std::string>> nonlinearities() {
  std::vector<std::pair<std::string, std::string>> all = activation_functions();
  all.emplace_back("swiglu", "SwiGLU");
  return all;
}

/// All features of a head are turned. Who learns positions may write the keys of rotary ones.
void read_positions(YamlSection& section, TransformerConfig& model) {
  const bool rotary = section.choice<bool>("position_embedding_type", {{"learned", false}, {"rotary", true}}, false);
  const double base = section.real("rope_theta", {1, 1e9}, 1e4);
  const IntegerRange features{1, kMaxFeatures};
  if (!rotary) {
    if (model.max_position_embeddings > kMostIds && section.good("max_position_embeddings"))
      section.reject("max_position_embeddings", fmt::format("allowed: to {}, as an id has 16 bits", kMostIds));
    if (section.has("rotary_dim")) section.integer("rotary_dim", features);
    return;
  }
  model.rotary_base = base;
  const bool heads_fit = model.num_heads > 0 && model.hidden_size % model.num_heads == 0;
  const int head_size = heads_fit ? model.hidden_size / model.num_heads : 0;
  const int turned = section.integer("rotary_dim", features, std::max(head_size, 1));
  if (head_size % 2 != 0 && section.good("num_heads"))
    section.reject("num_heads", fmt::format("a head has {} features; rotary positions take an even number", head_size));
  if (heads_fit && turned != head_size && section.good("rotary_dim"))
    section.reject("rotary_dim", fmt::format("allowed: {}, all features of a head", head_size));
}

}  // namespace

TransformerConfig read_transformer(YamlSection& section, int sequence_length) {
  const IntegerRange features{1, kMaxFeatures};
  TransformerConfig model;
  model.vocab_size = section.integer("vocab_size", {1, kMostIds, "an id has 16 bits"});
  model.max_position_embeddings = section.integer("max_position_embeddings", features, 1024);
  model.hidden_size = section.integer("hidden_size", features);
  model.num_hidden_layers = section.integer("num_hidden_layers", {1, kMaxLayers});
  model.num_heads = section.integer("num_heads", features);
  model.filter_size = section.integer("filter_size", features);
  if (section.good("hidden_size") && section.good("num_heads") && model.hidden_size % model.num_heads != 0)
    section.reject("num_heads", fmt::format("does not divide hidden_size, {}", model.hidden_size));
  model.sequence_length = sequence_length;
  if (section.good("max_position_embeddings") && model.sequence_length > model.max_position_embeddings)
    section.reject("max_position_embeddings", fmt::format("train_input.max_sequence_length is {}, so allowed: from {}",
                                                          model.sequence_length, model.sequence_length));
  model.nonlinearity = section.choice<std::string>("nonlinearity", nonlinearities(), model.nonlinearity);
  model.norm = read_norm(section);
  model.norm_epsilon = section.real("layer_norm_epsilon", {1e-12, 1}, model.norm_epsilon);
  read_dropout(section, model);
  model.projection_bias = section.boolean("use_projection_bias_in_attention", true);
  model.attention_output_bias = section.boolean("use_ffn_bias_in_attention", true);
  model.ffn_bias = section.boolean("use_ffn_bias", true);
  model.output_bias = section.boolean("use_bias_in_output", false);
  section.choice<std::string>("attention_type", {{"scaled_dot_product", "scaled_dot_product"}}, "scaled_dot_product");
  read_positions(section, model);
  model.tied = section.boolean("share_embedding_weights");
  if (model.tied && model.output_bias && section.good("share_embedding_weights") && section.good("use_bias_in_output"))
    section.reject("use_bias_in_output",
                   "allowed: false where share_embedding_weights is true, as a table has no bias");
  return model;
}

}  // namespace weft::sw
