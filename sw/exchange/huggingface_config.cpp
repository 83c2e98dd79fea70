#include <nlohmann/json.hpp>

#include "sw/exchange/huggingface_weights.h"
#include "sw/graph/operation_types.h"

namespace weft::sw {

namespace {

/// A gated one has the name of what the gate goes through.
std::string activation_of(const TransformerConfig& model) {
  const std::vector<std::string>& names = find_operation_type(model.nonlinearity)->activation_fn;
  return names.empty() ? "silu" : names.back();
}

}  // namespace

std::string huggingface_config(const TransformerConfig& model) {
  const std::string type = huggingface_type(model);
  const int turned = model.rotary.features > 0 ? model.rotary.features : model.head_size();
  nlohmann::ordered_json json;
  const char* of_type = type == "gpt2"       ? "GPT2LMHeadModel"
                        : type == "gptj"     ? "GPTJForCausalLM"
                        : type == "gpt_neox" ? "GPTNeoXForCausalLM"
                        : type == "bert"     ? (model.encoder.next_sentences ? "BertForPreTraining" : "BertForMaskedLM")
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
    json["embd_pdrop"] = model.dropout.embedding;
    json["resid_pdrop"] = model.dropout.residual;
    json["attn_pdrop"] = model.dropout.attention;
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
    json["type_vocab_size"] = model.encoder.segments > 0 ? model.encoder.segments : 2;
    json["layer_norm_eps"] = model.norm_epsilon;
    json["hidden_dropout_prob"] = model.dropout.residual;
    json["attention_probs_dropout_prob"] = model.dropout.attention;
    json["position_embedding_type"] = "absolute";
    return json.dump(2) + "\n";
  }
  json["attention_bias"] = model.bias.projections;
  json["attention_dropout"] = model.dropout.attention;
  if (type == "llama") {
    json["num_key_value_heads"] = model.num_heads / model.queries();
    json["mlp_bias"] = model.bias.ffn;
    json["rms_norm_eps"] = model.norm_epsilon;
    json["rope_theta"] = model.rotary.base;
    return json.dump(2) + "\n";
  }
  json["layer_norm_eps"] = model.norm_epsilon;
  json["hidden_dropout"] = model.dropout.residual;
  json["rotary_emb_base"] = model.rotary.base;
  json["rotary_pct"] = static_cast<double>(turned) / model.head_size();
  json["use_parallel_residual"] = model.parallel;
  return json.dump(2) + "\n";
}

}  // namespace weft::sw
