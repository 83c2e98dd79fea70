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
     {2.4552148566795995, 2.3001597859385585, 2.2075653362579986, 2.1237027314724677, 2.0478484599738978}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false}",
     "adamw",
     {2.4552148566795995, 2.304754255381927, 2.2113366265323284, 2.130004462097095, 2.053504032019161}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, norm_type: rmsnorm, nonlinearity: gelu_new, "
     "use_projection_bias_in_attention: false, use_ffn_bias_in_attention: false, use_ffn_bias: false, "
     "use_bias_in_output: true}",
     "sgd",
     {2.4660650374917545, 2.1653283636216756, 1.9044746776016572, 1.693979997419734, 1.588453158676795}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, norm_type: rmsnorm, nonlinearity: gelu_new, "
     "use_projection_bias_in_attention: false, use_ffn_bias_in_attention: false, use_ffn_bias: false, "
     "use_bias_in_output: true}",
     "adamw",
     {2.4660650374917545, 2.245988441881368, 2.068941202876915, 1.9379295733393076, 1.8328361161225144}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, position_embedding_type: rotary, rope_theta: 100, norm_type: rmsnorm, "
     "nonlinearity: swiglu, use_projection_bias_in_attention: false, use_ffn_bias_in_attention: false, use_ffn_bias: "
     "false}",
     "sgd",
     {3.057855598910058, 2.416624035096099, 2.23148598253927, 2.0093116868533394, 1.8138858900949548}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, position_embedding_type: rotary, rope_theta: 100, norm_type: rmsnorm, "
     "nonlinearity: swiglu, use_projection_bias_in_attention: false, use_ffn_bias_in_attention: false, use_ffn_bias: "
     "false}",
     "adamw",
     {3.057855598910058, 2.608843004165203, 2.324693282672212, 2.128663912597212, 1.9898300549975887}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, num_kv_heads: 1, position_embedding_type: rotary, rope_theta: 100, "
     "norm_type: rmsnorm, nonlinearity: swiglu, use_projection_bias_in_attention: false, use_ffn_bias_in_attention: "
     "false, use_ffn_bias: false}",
     "sgd",
     {2.5982202359314077, 2.287786252749141, 1.9482046672138993, 1.7451186749073466, 1.5654501416709212}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, num_kv_heads: 1, position_embedding_type: rotary, rope_theta: 100, "
     "norm_type: rmsnorm, nonlinearity: swiglu, use_projection_bias_in_attention: false, use_ffn_bias_in_attention: "
     "false, use_ffn_bias: false}",
     "adamw",
     {2.5982202359314077, 2.3627106752561753, 2.1900461996687652, 2.0537164689992604, 1.9278412851115547}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, position_embedding_type: rotary, rotary_dim: 2, rope_theta: 100, "
     "use_parallel_residual: true}",
     "sgd",
     {2.6176625452321884, 2.140124173165714, 1.9385970546644211, 1.748125929776262, 1.552646142777893}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, position_embedding_type: rotary, rotary_dim: 2, rope_theta: 100, "
     "use_parallel_residual: true}",
     "adamw",
     {2.6176625452321884, 2.274481883197858, 2.0861881876881676, 1.9551037578144035, 1.8412403700712332}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, position_embedding_type: rotary, rope_theta: 100, use_parallel_residual: "
     "true, use_untied_layer_norm: false, nonlinearity: gelu_new, use_bias_in_output: true}",
     "sgd",
     {2.5903416995645183, 2.143806868998293, 1.9403830020738178, 1.7921579794487683, 1.6386419408894208}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, position_embedding_type: rotary, rope_theta: 100, use_parallel_residual: "
     "true, use_untied_layer_norm: false, nonlinearity: gelu_new, use_bias_in_output: true}",
     "adamw",
     {2.5903416995645183, 2.274807089926681, 2.103386164964889, 1.9840048257896155, 1.8707860492130244}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: true}",
     "sgd",
     {2.511403581289172, 2.3074014182782587, 2.2130266748590404, 2.1415786694908436, 2.076953305214544}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: true}",
     "adamw",
     {2.511403581289172, 2.33970800910992, 2.247998993884759, 2.1815307406179993, 2.118908489319886}},
};

}  // namespace weft::test
