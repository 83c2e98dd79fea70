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
      {"model.num_kv_heads", "model.num_key_value_heads model.extra_attention_params.num_kv_groups", Use::honoured,
       features, "",
       "gpt: heads of keys and values, each of which num_heads / num_kv_heads of queries share; they divide "
       "num_heads. Without it each has its own"},
      {"model.attention_module", "", Use::honoured, "aiayn_attention, multiquery_attention", "",
       "gpt: multiquery_attention has num_kv_heads; without it as these are written"},
      {"model.use_parallel_residual", "", Use::honoured, flag, "false",
       "gpt: a block adds attention and feed-forward of its input at once, as GPT-J and GPT-NeoX"},
      {"model.use_untied_layer_norm", "", Use::honoured, flag, "true",
       "gpt: of parallel blocks: the feed-forward has a norm of its own, as GPT-NeoX; GPT-J shares attention's"},
      {"model.filter_size", "", Use::honoured, features, "", "gpt: features inside the feed-forward"},
      {"model.nonlinearity", "", Use::honoured, "{activations}, swiglu", "gelu",
       "gpt: of the feed-forward; swiglu has a gate, fc1_gate, beside the first matrix"},
      {"model.norm_type", "", Use::honoured, "layernorm, rmsnorm", "layernorm",
       "gpt: before attention, feed-forward and output"},
      {"model.embedding_layer_norm", "", Use::honoured, flag, "",
       "gpt: behind the embedding; without it false, of bert true"},
      {"model.attention_sliding_window_length", "", Use::honoured, features, "",
       "gpt: a token attends to itself and so many less one before it; without it to all before it"},
      {"model.attention_skip_masked", "", Use::honoured, flag, "",
       "gpt: products skip what the mask leaves out; tokens of a sequence are then dealt to its columns in turn. "
       "Without it false; not with num_kv_heads"},
      {"model.attention_tile_keys", "", Use::honoured, "a whole number, 0 to 1048576 (or auto)", "",
       "gpt: scores and probabilities of some so many keys of a sequence are on the wafer at a time, and are made "
       "again in the backward pass; a tile takes as many of each column's keys. 0, or without it: of all keys, kept. "
       "auto: the plan takes all keys if they fit, else the largest tile that does"},
      {"model.encoder_nonlinearity", "", Use::honoured, "{activations}, swiglu", "", "bert: as nonlinearity"},
      {"model.norm_first", "", Use::honoured, flag, "false",
       "bert: norms stand before attention and feed-forward, else behind what these are added to"},
      {"model.mlm_nonlinearity", "", Use::honoured, activation_words, "",
       "bert: behind the matrix before the output layer; without it that of the feed-forward"},
      {"model.use_ffn_bias_in_mlm", "", Use::honoured, flag, "true", "bert: of that matrix"},
      {"model.use_output_bias_in_mlm", "", Use::honoured, flag, "true", "bert: of the output layer"},
      {"model.mlm_loss_scaling", "", Use::honoured, "num_masked, precomputed_num_masked", "num_masked",
       "bert: the loss is the mean over the masked tokens of a step, whoever counts them"},
      {"model.disable_nsp", "", Use::honoured, flag, "false",
       "bert: false adds a loss of next sentences to that of masked tokens: a text's samples are two of its pieces, of "
       "which the second follows the first in half of them; files of sequences say it in next_sentence_label, 0 or 1"},
      {"model.pooler_nonlinearity", "", Use::honoured, activation_words, "",
       "bert: of that loss, between its matrices, the first of which is the pooler; without it that of the "
       "feed-forward"},
      {"model.num_segments", "", Use::honoured, "a whole number, 1 to 65535", "",
       "bert: segments (token types) that have an embedding, added to the words' before the norm; without it 2 where "
       "disable_nsp is false, else there is no such table. Files of sequences say a token's in a fourth row"},
      {"model.use_rms_norm", "", Use::honoured, flag, "", "gpt: true is norm_type: rmsnorm"},
      {"model.layer_norm_epsilon", "", Use::honoured, "a number, 1e-12 to 1", "1e-05", "gpt: of either norm"},
      {"model.dropout_rate", "", Use::honoured, share, "0", "gpt: in training, of what the next three keys do not say"},
      {"model.residual_dropout_rate", "", Use::honoured, share, "", "gpt: of what attention and feed-forward add"},
      {"model.embedding_dropout_rate", "", Use::honoured, share, "", "gpt: of the embedding"},
      {"model.attention_dropout_rate", "", Use::honoured, share, "", "gpt: of attention's probabilities"},
      {"model.use_projection_bias_in_attention", "", Use::honoured, flag, "true", "gpt: of queries, keys and values"},
      {"model.use_ffn_bias_in_attention", "", Use::honoured, flag, "true", "gpt: of attention's output matrix"},
      {"model.use_ffn_bias", "", Use::honoured, flag, "true", "gpt: of both matrices of the feed-forward"},
      {"model.use_bias_in_output", "", Use::honoured, flag, "false", "gpt: of the output layer"},
      {"model.initializer_range", "", Use::honoured, "a number, 0 to 1000", "",
       "gpt: deviation of the weights at the start, 0.02 without it, biases are 0; without this and the next two they "
       "begin as "
       "PyTorch's Linear has them"},
      {"model.initializer", "", Use::honoured, "truncated_normal, normal", "",
       "gpt: how they are drawn, without it truncated_normal, at two deviations; or a section of name, mean, std, a "
       "and b"},
      {"model.output_layer_initializer", "", Use::honoured, "truncated_normal, normal", "",
       "gpt: the same of what a block adds, attention's output and the feed-forward's; without it as initializer, with "
       "a deviation smaller by the root of 2 num_hidden_layers"},
      {"model.attention_type", "", Use::honoured, "scaled_dot_product", "scaled_dot_product",
       "gpt: over the root of a head's features"},
      {"model.position_embedding_type", "", Use::honoured, "learned, rotary, alibi", "learned",
       "gpt: from a table that is added to the embedding, as angles of queries and keys, or as a score's distance"},
      {"model.rope_theta", "", Use::honoured, "a number, 1 to 1000000000", "10000", "gpt: base of rotary positions"},
      {"model.rotary_dim", "", Use::honoured, features, "",
       "gpt: of rotary positions: so many features of a head are turned, an even number; without it all"},
      {"model.share_embedding_weights", "", Use::honoured, flag, "",
       "gpt: the output's matrix is the embedding's; elsewhere it is true if it is not written, so it must be written"},

      {"model.embedding_initializer", "", Use::no_effect, "", "", "the embedding begins as model.initializer says"},
      {"model.loss_weight", "model.mlm_loss_weight", Use::no_effect, "", "", "of a loss per token it is 1"},
      {"model.pad_token_id", "", Use::no_effect, "", "", "where a sequence ends its mask says, or nothing pads it"},
      {"model.attention_kernel", "", Use::no_effect, "", "", "kernels are matched with the graph"},
      {"model.pad_rope", "model.num_relative_attention_buckets", Use::no_effect, "", "",
       "of a way to lay out rotary positions elsewhere, and of positions that are not there"},

      {"model.alibi_trainable_slopes", "", Use::only, "false", "", "slopes follow from the number of heads"},
      {"model.loss_scaling", "", Use::only, "num_tokens", "", "the loss is the mean over tokens"},
      {"model.use_final_layer_norm", "", Use::only, "false", "", "of bert; a gpt always has it"},
      {"model.scale_qk_dot_by_d", "", Use::only, "false", "", "scores are divided by the root of a head's features"},
      {"model.scale_qk_dot_by_layer_idx", "", Use::only, "false", "", "each layer has one scale"},
      {"model.attention_softmax_fp32", "", Use::only, "true", "", "the softmax is fp32 inside"},
      {"model.position_embedding_offset", "", Use::only, "0", "", "the first token has position 0"},
      {"model.output_logits_scale", "", Use::refused, "", "",
       "scales of the maximal update parametrization are not there"},
      {"model.embeddings_scale", "", Use::refused, "", "",
       "scales of the maximal update parametrization are not there"},
      {"model.extra_attention_params", "", Use::refused, "", "", "what it may hold has no meaning here"},
      {"model.fixed_sparse_attention", "", Use::refused, "", "", "attention reaches every earlier token"},
  };
  return rows;
}

}  // namespace weft::sw
