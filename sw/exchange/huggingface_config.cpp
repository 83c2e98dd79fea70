#include <nlohmann/json.hpp>

#include "sw/exchange/huggingface_weights.h"

namespace weft::sw {

namespace {

std::string activation_of(const TransformerConfig& model) {
  if (model.nonlinearity == "SwiGLU") return "silu";
  return model.nonlinearity == "GELU_tanh" ? "gelu_new" : model.nonlinearity == "ReLU" ? "relu" : "gelu";
}

}  // namespace

std::string huggingface_config(const TransformerConfig& model) {
  const std::string type = huggingface_type(model);
  const int turned = model.rotary_features > 0 ? model.rotary_features : model.head_size();
  nlohmann::ordered_json json;
  const char* of_type = type == "gpt2"       ? "GPT2LMHeadModel"
                        : type == "gptj"     ? "GPTJForCausalLM"
                        : type == "gpt_neox" ? "GPTNeoXForCausalLM"
                        : type == "bert"     ? "BertForMaskedLM"
                                             : "LlamaForCausalLM";
  json["architectures"] = {of_type};
  json["model_type"] = type;
  json["vocab_size"] = model.vocab_size;
  json["tie_word_embeddings"] = model.tied;
  json["initializer_range"] = 0.02;
  if (type == "gpt2" || type == "gptj") {
    json["n_positions"] = model.max_position_embeddings;
    json["n_embd"] = model.hidden_size;
    json["n_layer"] = model.num_hidden_layers;
    json["n_head"] = model.num_heads;
    json["n_inner"] = model.filter_size;
    json["activation_function"] = activation_of(model);
    json["layer_norm_epsilon"] = model.norm_epsilon;
    json["embd_pdrop"] = model.embedding_dropout;
    json["resid_pdrop"] = model.dropout;
    json["attn_pdrop"] = model.attention_dropout;
    if (type == "gptj") json["rotary_dim"] = turned;
    return json.dump(2) + "\n";
  }
  json["max_position_embeddings"] = model.max_position_embeddings;
  json["hidden_size"] = model.hidden_size;
  json["num_hidden_layers"] = model.num_hidden_layers;
  json["num_attention_heads"] = model.num_heads;
  json["intermediate_size"] = model.filter_size;
  json["hidden_act"] = activation_of(model);
  if (type == "bert") {
    json["type_vocab_size"] = 2;
    json["layer_norm_eps"] = model.norm_epsilon;
    json["hidden_dropout_prob"] = model.dropout;
    json["attention_probs_dropout_prob"] = model.attention_dropout;
    json["position_embedding_type"] = "absolute";
    return json.dump(2) + "\n";
  }
  json["attention_bias"] = model.projection_bias;
  json["attention_dropout"] = model.attention_dropout;
  if (type == "llama") {
    json["num_key_value_heads"] = model.num_heads / model.queries();
    json["mlp_bias"] = model.ffn_bias;
    json["rms_norm_eps"] = model.norm_epsilon;
    json["rope_theta"] = model.rotary_base;
    return json.dump(2) + "\n";
  }
  json["layer_norm_eps"] = model.norm_epsilon;
  json["hidden_dropout"] = model.dropout;
  json["rotary_emb_base"] = model.rotary_base;
  json["rotary_pct"] = static_cast<double>(turned) / model.head_size();
  json["use_parallel_residual"] = model.parallel;
  return json.dump(2) + "\n";
}

}  // namespace weft::sw
