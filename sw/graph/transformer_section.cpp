#include "sw/graph/transformer_section.h"

#include <fmt/format.h>

#include <algorithm>

#include "hw/spec/sentence_tokens.h"
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

/// The others are as dropout_rate where they are not written.
void read_dropout(YamlSection& section, TransformerConfig& model) {
  const RealRange range{0, kMostDropout};
  const double rate = section.real("dropout_rate", range, 0.0);
  model.dropout.residual = section.real("residual_dropout_rate", range, rate);
  model.dropout.embedding = section.real("embedding_dropout_rate", range, rate);
  model.dropout.attention = section.real("attention_dropout_rate", range, rate);
}

std::vector<std::pair<std::string, std::string>> nonlinearities() {
  std::vector<std::pair<std::string, std::string>> all = activation_functions();
  all.emplace_back("swiglu", "SwiGLU");
  return all;
}

/// Who learns positions may write the keys of rotary ones.
void read_positions(YamlSection& section, TransformerConfig& model) {
  model.positions = section.choice<Positions>(
      "position_embedding_type",
      {{"learned", Positions::learned}, {"rotary", Positions::rotary}, {"alibi", Positions::linear_bias}},
      Positions::learned);
  if (model.positions == Positions::linear_bias && model.family == TransformerFamily::encoder)
    section.reject("position_embedding_type", "alibi is for models whose tokens attend to none behind them");
  const double base = section.real("rope_theta", {1, 1e9}, 1e4);
  const IntegerRange features{1, kMaxFeatures};
  if (model.positions != Positions::rotary) {
    if (model.learned_positions() && model.max_position_embeddings > kMostIds &&
        section.good("max_position_embeddings"))
      section.reject("max_position_embeddings", fmt::format("allowed: to {}, as an id has 16 bits", kMostIds));
    if (section.has("rotary_dim")) section.integer("rotary_dim", features);
    for (const char* key : {"rotary_dim", "rope_theta"}) section.without_effect(key, "positions are not rotary");
    return;
  }
  model.rotary.base = base;
  const bool heads_fit = model.num_heads > 0 && model.hidden_size % model.num_heads == 0;
  const int head_size = heads_fit ? model.hidden_size / model.num_heads : 0;
  const int turned = section.integer("rotary_dim", features, std::max(head_size, 1));
  if (head_size % 2 != 0 && section.good("num_heads"))
    section.reject("num_heads", fmt::format("a head has {} features; rotary positions take an even number", head_size));
  if (heads_fit && (turned > head_size || turned % 2 != 0) && section.good("rotary_dim"))
    section.reject("rotary_dim", fmt::format("allowed: an even number up to {}, the features of a head", head_size));
  model.rotary.features = turned < head_size ? turned : 0;
}

/// Groups of queries, as `attention_module` says that there are.
void read_groups(YamlSection& section, TransformerConfig& model) {
  const bool grouped = section.choice<bool>(
      "attention_module", {{"aiayn_attention", false}, {"multiquery_attention", true}}, section.has("num_kv_heads"));
  if (grouped && !section.has("num_kv_heads")) {
    section.reject("attention_module", "multiquery_attention needs num_kv_heads, the heads of keys and values");
    return;
  }
  model.num_kv_heads = section.integer("num_kv_heads", {1, kMaxFeatures}, std::max(model.num_heads, 1));
  if (!section.good("num_kv_heads") || !section.good("num_heads")) return;
  if (model.num_heads % model.num_kv_heads != 0)
    section.reject("num_kv_heads", fmt::format("does not divide num_heads, {}", model.num_heads));
  else if (!grouped && model.num_kv_heads != model.num_heads)
    section.reject("num_kv_heads", "attention_module: aiayn_attention has as many as num_heads");
}

void read_parallel(YamlSection& section, TransformerConfig& model) {
  model.parallel = section.boolean("use_parallel_residual", false);
  model.ffn_norm = section.boolean("use_untied_layer_norm", true);
  if (!model.parallel && !model.ffn_norm && section.good("use_untied_layer_norm"))
    section.reject("use_untied_layer_norm", "false is of blocks with use_parallel_residual: true");
}

/// `nonlinearity`, or as BERT's files say it, `encoder_nonlinearity`. Who says both must say the same.
std::string read_nonlinearity(YamlSection& section, const TransformerConfig& model) {
  const std::string common = section.choice<std::string>("nonlinearity", nonlinearities(), model.nonlinearity);
  if (!section.has("encoder_nonlinearity")) return common;
  const std::string encoder = section.choice<std::string>("encoder_nonlinearity", nonlinearities());
  if (section.has("nonlinearity") && encoder != common && section.good("nonlinearity") &&
      section.good("encoder_nonlinearity"))
    section.reject("encoder_nonlinearity", "nonlinearity says another");
  return encoder;
}

/// A loss of next sentences, which its files ask for unless they say otherwise, and the segments that it needs.
/// `nonlinearity`: the pooler's, if it is not written.
void read_next_sentences(YamlSection& section, TransformerConfig& model, const std::string& nonlinearity) {
  model.encoder.next_sentences = !section.boolean("disable_nsp", false);
  if (model.encoder.next_sentences || section.has("num_segments"))
    model.encoder.segments = section.integer("num_segments", {1, kMostIds, "an id has 16 bits"},
                                             model.encoder.next_sentences ? std::optional(2) : std::nullopt);
  if (!model.encoder.next_sentences) {
    section.without_effect("pooler_nonlinearity", "only a loss of next sentences needs a pooler");
    return;
  }
  model.encoder.pooler_nonlinearity =
      section.choice<std::string>("pooler_nonlinearity", activation_functions(), nonlinearity);
  if (model.encoder.padded) return;
  if (model.encoder.segments == 1 && section.good("num_segments"))
    section.reject("num_segments", "two sentences of a text are two segments; disable_nsp: true has no such pairs");
  constexpr int shortest = hw::tokens_about_sentences + 2;
  if (model.sequence_length > 0 && model.sequence_length < shortest)
    section.reject(
        "disable_nsp",
        fmt::format("false asks for sequences of {} tokens or more, two sentences of a token with three about "
                    "them; train_input.max_sequence_length is {}",
                    shortest, model.sequence_length));
}

/// What only an encoder has.
void read_encoder(YamlSection& section, TransformerConfig& model, bool padded) {
  model.encoder.padded = padded;
  model.encoder.norm_first = section.boolean("norm_first", false);
  const std::vector<std::pair<std::string, std::string>> functions = activation_functions();
  const bool is_function = std::any_of(functions.begin(), functions.end(),
                                       [&](const auto& each) { return each.second == model.nonlinearity; });
  const std::string otherwise = is_function ? model.nonlinearity : model.encoder.mlm_nonlinearity;
  model.encoder.mlm_nonlinearity = section.choice<std::string>("mlm_nonlinearity", functions, otherwise);
  model.encoder.mlm_bias = section.boolean("use_ffn_bias_in_mlm", true);
  model.bias.output = section.boolean("use_output_bias_in_mlm", true);
  section.choice<bool>("mlm_loss_scaling", {{"num_masked", false}, {"precomputed_num_masked", true}}, false);
  read_next_sentences(section, model, otherwise);
}

void read_skip_masked(YamlSection& section, TransformerConfig& model) {
  if (section.has("attention_skip_masked")) model.skip_masked = section.boolean("attention_skip_masked");
  if (model.skip_masked && model.queries() > 1 && section.good("attention_skip_masked"))
    section.reject("attention_skip_masked", "allowed: false where num_kv_heads is less than num_heads");
}

void read_tile_keys(YamlSection& section, TransformerConfig& model) {
  constexpr const char* key = "attention_tile_keys";
  if (!section.has(key)) return;
  model.tile_auto = section.is_word(key) && section.choice<bool>(key, {{"auto", true}}, false);
  if (!section.is_word(key)) model.tile_keys = section.integer(key, {0, kMaxFeatures, "or auto"});
}

void refuse_encoder_keys(YamlSection& section) {
  for (const char* key :
       {"encoder_nonlinearity", "norm_first", "mlm_nonlinearity", "use_ffn_bias_in_mlm", "use_output_bias_in_mlm",
        "mlm_loss_scaling", "disable_nsp", "num_segments", "pooler_nonlinearity"})
    section.not_used(key, "only model_name: bert has such a key");
}

}  // namespace

TransformerConfig read_transformer(YamlSection& section, TransformerFamily family, int sequence_length, bool padded) {
  const IntegerRange features{1, kMaxFeatures};
  const bool encoder = family == TransformerFamily::encoder;
  TransformerConfig model;
  model.family = family;
  model.vocab_size = section.integer("vocab_size", {1, kMostIds, "an id has 16 bits"});
  model.max_position_embeddings = section.integer("max_position_embeddings", features, 1024);
  model.hidden_size = section.integer("hidden_size", features);
  model.num_hidden_layers = section.integer("num_hidden_layers", {1, kMaxLayers});
  model.num_heads = section.integer("num_heads", features);
  model.filter_size = section.integer("filter_size", features);
  if (section.good("hidden_size") && section.good("num_heads") && model.hidden_size % model.num_heads != 0)
    section.reject("num_heads", fmt::format("does not divide hidden_size, {}", model.hidden_size));
  read_dropout(section, model);
  read_groups(section, model);
  read_parallel(section, model);
  model.sequence_length = sequence_length;
  if (section.good("max_position_embeddings") && model.sequence_length > model.max_position_embeddings)
    section.reject("max_position_embeddings", fmt::format("train_input.max_sequence_length is {}, so allowed: from {}",
                                                          model.sequence_length, model.sequence_length));
  if (!encoder) refuse_encoder_keys(section);
  model.nonlinearity = encoder ? read_nonlinearity(section, model)
                               : section.choice<std::string>("nonlinearity", nonlinearities(), model.nonlinearity);
  model.norm = read_norm(section);
  model.norm_epsilon = section.real("layer_norm_epsilon", {1e-12, 1}, model.norm_epsilon);
  model.bias.projections = section.boolean("use_projection_bias_in_attention", model.bias.projections);
  model.bias.attention_output = section.boolean("use_ffn_bias_in_attention", model.bias.attention_output);
  model.bias.ffn = section.boolean("use_ffn_bias", model.bias.ffn);
  model.embedding_norm = section.has("embedding_layer_norm") ? section.boolean("embedding_layer_norm") : encoder;
  if (encoder) {
    section.not_used("use_bias_in_output", "use_output_bias_in_mlm says it");
    section.not_used("attention_sliding_window_length", "a token of an encoder attends to all others");
    section.not_used("attention_skip_masked", "a token of an encoder attends to all others: nothing is to be skipped");
    read_encoder(section, model, padded);
    read_tile_keys(section, model);
  } else {
    model.bias.output = section.boolean("use_bias_in_output", false);
    if (section.has("attention_sliding_window_length"))
      model.reach = section.integer("attention_sliding_window_length", features);
    read_skip_masked(section, model);
    read_tile_keys(section, model);
  }
  section.choice<std::string>("attention_type", {{"scaled_dot_product", "scaled_dot_product"}}, "scaled_dot_product");
  read_positions(section, model);
  model.initializer = read_initializer(section, model.num_hidden_layers);
  model.tied = section.boolean("share_embedding_weights");
  const char* output_bias = encoder ? "use_output_bias_in_mlm" : "use_bias_in_output";
  if (model.tied && model.bias.output && section.good("share_embedding_weights") && section.good(output_bias)) {
    const bool says = section.has(output_bias);
    section.reject(says ? output_bias : "share_embedding_weights",
                   says ? "allowed: false where share_embedding_weights is true, as a table has no bias"
                        : fmt::format("true needs {}: false beside it, as a table has no bias", output_bias));
  }
  return model;
}

}  // namespace weft::sw
