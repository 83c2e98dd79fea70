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
     {2.587789779349676, 2.2323289835700577, 2.1412001436840433, 2.064487841888157, 1.9811690478028234}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false}",
     "adamw",
     {2.587789779349676, 2.3056903694513435, 2.2028906292780293, 2.142254364887078, 2.085447753866378}},
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
     {2.515582849843709, 2.239099341690528, 2.0492076168400954, 1.9106095470629565, 1.7780314222102755}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, position_embedding_type: rotary, rope_theta: 100, norm_type: rmsnorm, "
     "nonlinearity: swiglu, use_projection_bias_in_attention: false, use_ffn_bias_in_attention: false, use_ffn_bias: "
     "false}",
     "sgd",
     {2.436912618612252, 1.9810697485183668, 1.7182705570357555, 1.5510368045411986, 1.497414995763149}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, position_embedding_type: rotary, rope_theta: 100, norm_type: rmsnorm, "
     "nonlinearity: swiglu, use_projection_bias_in_attention: false, use_ffn_bias_in_attention: false, use_ffn_bias: "
     "false}",
     "adamw",
     {2.436912618612252, 2.0957170249198045, 1.8527704907262934, 1.692586167705287, 1.5702750113628963}},
};

}  // namespace weft::test
