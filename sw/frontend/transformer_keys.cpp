#include "sw/frontend/key_rows.h"

namespace weft::sw {

namespace {

using Use = KeyUse;

constexpr std::string_view features = "a whole number, 1 to 1048576";
constexpr std::string_view share = "a number, 0 to 0.99";
constexpr std::string_view flag = "true or false";

}  // namespace

const std::vector<KeyRow>& transformer_key_rows() {
  static const std::vector<KeyRow> rows{
      {"model.vocab_size", "", Use::honoured, "a whole number, 1 to 65535", "",
       "gpt: words, and classes of the output; an id has 16 bits"},
      {"model.max_position_embeddings", "", Use::honoured, features, "1024",
       "gpt: positions that have an embedding, learned ones at most 65535; a sequence is no longer"},
      {"model.num_hidden_layers", "", Use::honoured, "a whole number, 1 to 1024", "", "gpt: blocks"},
      {"model.num_heads", "", Use::honoured, features, "", "gpt: of each block's attention; they divide hidden_size"},
      {"model.filter_size", "", Use::honoured, features, "", "gpt: features inside the feed-forward"},
      {"model.nonlinearity", "", Use::honoured, "relu, gelu, gelu_tanh, gelu_new, swiglu", "gelu",
       "gpt: of the feed-forward; swiglu has a gate, fc1_gate, beside the first matrix"},
      {"model.norm_type", "", Use::honoured, "layernorm, rmsnorm", "layernorm",
       "gpt: before attention, feed-forward and output"},
      {"model.use_rms_norm", "", Use::honoured, flag, "", "gpt: true is norm_type: rmsnorm"},
      {"model.layer_norm_epsilon", "", Use::honoured, "a number, 1e-12 to 1", "1e-05", "gpt: of either norm"},
      {"model.dropout_rate", "", Use::honoured, share, "0",
       "gpt: of what attention and feed-forward add; only 0 has kernels so far"},
      {"model.embedding_dropout_rate", "", Use::honoured, share, "0",
       "gpt: without it as dropout_rate; only 0 as well"},
      {"model.attention_dropout_rate", "", Use::honoured, share, "0",
       "gpt: without it as dropout_rate; only 0 as well"},
      {"model.use_projection_bias_in_attention", "", Use::honoured, flag, "true", "gpt: of queries, keys and values"},
      {"model.use_ffn_bias_in_attention", "", Use::honoured, flag, "true", "gpt: of attention's output matrix"},
      {"model.use_ffn_bias", "", Use::honoured, flag, "true", "gpt: of both matrices of the feed-forward"},
      {"model.use_bias_in_output", "", Use::honoured, flag, "false", "gpt: of the output layer"},
      {"model.attention_type", "", Use::honoured, "scaled_dot_product", "scaled_dot_product",
       "gpt: over the root of a head's features"},
      {"model.position_embedding_type", "", Use::honoured, "learned, rotary", "learned",
       "gpt: from a table that is added to the embedding, or as angles of queries and keys"},
      {"model.rope_theta", "", Use::honoured, "a number, 1 to 1000000000", "10000", "gpt: base of rotary positions"},
      {"model.rotary_dim", "", Use::honoured, features, "",
       "gpt: of rotary positions; without it, and only, all features of a head"},
      {"model.share_embedding_weights", "", Use::honoured, flag, "",
       "gpt: the output's matrix is the embedding's; elsewhere it is true if it is not written, so it must be written"},

      {"model.initializer", "model.initializer_range model.embedding_initializer model.output_layer_initializer",
       Use::no_effect, "", "", "weights begin as PyTorch's Linear has them; the flag --initial_weights takes others"},
      {"model.loss_weight", "", Use::no_effect, "", "", "of a loss per token it is 1"},
      {"model.attention_kernel", "", Use::no_effect, "", "", "kernels are matched with the graph"},
      {"model.pad_rope", "model.num_relative_attention_buckets", Use::no_effect, "", "",
       "of a way to lay out rotary positions elsewhere, and of positions that are not there"},

      {"model.loss_scaling", "", Use::only, "num_tokens", "", "the loss is the mean over tokens"},
      {"model.embedding_layer_norm", "", Use::only, "false", "", "not there"},
      {"model.scale_qk_dot_by_d", "", Use::only, "false", "", "scores are divided by the root of a head's features"},
      {"model.scale_qk_dot_by_layer_idx", "", Use::only, "false", "", "each layer has one scale"},
      {"model.alibi_trainable_slopes", "", Use::only, "false", "", "no such positions"},
      {"model.attention_softmax_fp32", "", Use::only, "true", "", "the softmax is fp32 inside"},
      {"model.attention_module", "", Use::only, "aiayn_attention", "", "each head has keys of its own"},
      {"model.position_embedding_offset", "", Use::only, "0", "", "the first token has position 0"},
      {"model.output_logits_scale", "", Use::refused, "", "",
       "scales of the maximal update parametrization are not there"},
      {"model.embeddings_scale", "", Use::refused, "", "",
       "scales of the maximal update parametrization are not there"},
      {"model.extra_attention_params", "", Use::refused, "", "", "each head has keys of its own"},
      {"model.fixed_sparse_attention", "model.attention_sliding_window_length", Use::refused, "", "",
       "attention reaches every earlier token"},
  };
  return rows;
}

}  // namespace weft::sw
