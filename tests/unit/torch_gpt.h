#pragma once
// Written by tests/judge/torch_gpt.py with PyTorch 1.13.0a0; not by hand.
#include <string>
#include <vector>

namespace weft::test {

constexpr int torch_gpt_sequences = 3, torch_gpt_length = 5;

struct TorchGpt {
  std::string model;      ///< the section of a model file
  std::string optimizer;  ///< sgd with rate 0.3, or adamw with rate 0.01 and decay 0.1
  std::vector<double> losses;
};

inline const std::vector<TorchGpt> torch_gpts{
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false}",
     "sgd",
     {2.587789779349676, 2.232328983570058, 2.1412001436840433, 2.0644878418881567, 1.981169047802823}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false}",
     "adamw",
     {2.587789779349676, 2.3056903694513435, 2.2028906292780297, 2.142254364887078, 2.0854477538663785}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, norm_type: rmsnorm, nonlinearity: gelu_new, "
     "use_projection_bias_in_attention: false, use_ffn_bias_in_attention: false, use_ffn_bias: false, "
     "use_bias_in_output: true}",
     "sgd",
     {2.515582849843709, 2.1516849084095497, 2.0304106563695514, 2.1269157682966484, 1.7024027151019316}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, norm_type: rmsnorm, nonlinearity: gelu_new, "
     "use_projection_bias_in_attention: false, use_ffn_bias_in_attention: false, use_ffn_bias: false, "
     "use_bias_in_output: true}",
     "adamw",
     {2.515582849843709, 2.2390993416905274, 2.0492076168400954, 1.9106095470629565, 1.778031422210275}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, position_embedding_type: rotary, rope_theta: 100, norm_type: rmsnorm, "
     "nonlinearity: swiglu, use_projection_bias_in_attention: false, use_ffn_bias_in_attention: false, use_ffn_bias: "
     "false}",
     "sgd",
     {2.436912618612252, 1.9810697485183668, 1.718270557035756, 1.5510368045411982, 1.4974149957631486}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, position_embedding_type: rotary, rope_theta: 100, norm_type: rmsnorm, "
     "nonlinearity: swiglu, use_projection_bias_in_attention: false, use_ffn_bias_in_attention: false, use_ffn_bias: "
     "false}",
     "adamw",
     {2.436912618612252, 2.0957170249198045, 1.8527704907262934, 1.6925861677052867, 1.5702750113628965}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, num_kv_heads: 1, position_embedding_type: rotary, rope_theta: 100, "
     "norm_type: rmsnorm, nonlinearity: swiglu, use_projection_bias_in_attention: false, use_ffn_bias_in_attention: "
     "false, use_ffn_bias: false}",
     "sgd",
     {2.7375357930263258, 2.2884726443934236, 1.924643937794539, 1.681863709789685, 1.4736497586071262}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, num_kv_heads: 1, position_embedding_type: rotary, rope_theta: 100, "
     "norm_type: rmsnorm, nonlinearity: swiglu, use_projection_bias_in_attention: false, use_ffn_bias_in_attention: "
     "false, use_ffn_bias: false}",
     "adamw",
     {2.7375357930263258, 2.3795938107886303, 2.165262097156506, 2.00491513463745, 1.874744057129339}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, position_embedding_type: rotary, rotary_dim: 2, rope_theta: 100, "
     "use_parallel_residual: true}",
     "sgd",
     {2.652724456520313, 2.2041334692620747, 2.085624963722536, 1.9610482510202056, 1.818405096768797}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, position_embedding_type: rotary, rotary_dim: 2, rope_theta: 100, "
     "use_parallel_residual: true}",
     "adamw",
     {2.652724456520313, 2.2979742254108095, 2.1376086691952825, 2.031231709013561, 1.9332908235170363}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, position_embedding_type: rotary, rope_theta: 100, use_parallel_residual: "
     "true, use_untied_layer_norm: false, nonlinearity: gelu_new, use_bias_in_output: true}",
     "sgd",
     {2.6766343328421014, 2.2039177399106658, 1.9936502208459577, 1.81755665209729, 1.6199675448547735}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, position_embedding_type: rotary, rope_theta: 100, use_parallel_residual: "
     "true, use_untied_layer_norm: false, nonlinearity: gelu_new, use_bias_in_output: true}",
     "adamw",
     {2.6766343328421014, 2.385128736513114, 2.209607027179937, 2.0770856174551167, 1.9515459225879719}},
};

}  // namespace weft::test
