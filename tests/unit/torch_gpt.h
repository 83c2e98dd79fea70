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
     {2.4552148566795995, 2.3047542553819267, 2.2113366265323284, 2.1300044620970944, 2.053504032019161}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, norm_type: rmsnorm, nonlinearity: gelu_new, "
     "use_projection_bias_in_attention: false, use_ffn_bias_in_attention: false, use_ffn_bias: false, "
     "use_bias_in_output: true}",
     "sgd",
     {2.4660650374917554, 2.165328363621676, 1.9044746776016577, 1.6939799974197336, 1.5884531586767945}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, norm_type: rmsnorm, nonlinearity: gelu_new, "
     "use_projection_bias_in_attention: false, use_ffn_bias_in_attention: false, use_ffn_bias: false, "
     "use_bias_in_output: true}",
     "adamw",
     {2.4660650374917554, 2.245988441881368, 2.068941202876915, 1.9379295733393076, 1.8328361161225144}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, position_embedding_type: rotary, rope_theta: 100, norm_type: rmsnorm, "
     "nonlinearity: swiglu, use_projection_bias_in_attention: false, use_ffn_bias_in_attention: false, use_ffn_bias: "
     "false}",
     "sgd",
     {3.0578555989100575, 2.416624035096099, 2.23148598253927, 2.0093116868533385, 1.8138858900949542}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, position_embedding_type: rotary, rope_theta: 100, norm_type: rmsnorm, "
     "nonlinearity: swiglu, use_projection_bias_in_attention: false, use_ffn_bias_in_attention: false, use_ffn_bias: "
     "false}",
     "adamw",
     {3.0578555989100575, 2.6088430041652027, 2.324693282672212, 2.128663912597212, 1.9898300549975887}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, num_kv_heads: 1, position_embedding_type: rotary, rope_theta: 100, "
     "norm_type: rmsnorm, nonlinearity: swiglu, use_projection_bias_in_attention: false, use_ffn_bias_in_attention: "
     "false, use_ffn_bias: false}",
     "sgd",
     {2.5982202359314077, 2.287786252749141, 1.9482046672138995, 1.745118674907346, 1.565450141670921}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, num_kv_heads: 1, position_embedding_type: rotary, rope_theta: 100, "
     "norm_type: rmsnorm, nonlinearity: swiglu, use_projection_bias_in_attention: false, use_ffn_bias_in_attention: "
     "false, use_ffn_bias: false}",
     "adamw",
     {2.5982202359314077, 2.362710675256175, 2.1900461996687657, 2.0537164689992604, 1.9278412851115547}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, position_embedding_type: rotary, rotary_dim: 2, rope_theta: 100, "
     "use_parallel_residual: true}",
     "sgd",
     {2.6176625452321884, 2.140124173165714, 1.9385970546644216, 1.748125929776262, 1.5526461427778933}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, position_embedding_type: rotary, rotary_dim: 2, rope_theta: 100, "
     "use_parallel_residual: true}",
     "adamw",
     {2.6176625452321884, 2.274481883197858, 2.0861881876881676, 1.9551037578144037, 1.8412403700712332}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, position_embedding_type: rotary, rope_theta: 100, use_parallel_residual: "
     "true, use_untied_layer_norm: false, nonlinearity: gelu_new, use_bias_in_output: true}",
     "sgd",
     {2.5903416995645183, 2.143806868998293, 1.9403830020738175, 1.7921579794487685, 1.6386419408894213}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, position_embedding_type: rotary, rope_theta: 100, use_parallel_residual: "
     "true, use_untied_layer_norm: false, nonlinearity: gelu_new, use_bias_in_output: true}",
     "adamw",
     {2.5903416995645183, 2.274807089926681, 2.1033861649648893, 1.984004825789616, 1.8707860492130244}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: true}",
     "sgd",
     {2.511403581289172, 2.3074014182782583, 2.2130266748590404, 2.1415786694908436, 2.076953305214544}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: true}",
     "adamw",
     {2.511403581289172, 2.33970800910992, 2.247998993884759, 2.1815307406179993, 2.118908489319886}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, position_embedding_type: alibi}",
     "sgd",
     {2.546882951876306, 2.1713714855230513, 2.0534062527939643, 1.9461114578960836, 1.8319939296098549}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, position_embedding_type: alibi}",
     "adamw",
     {2.546882951876306, 2.2595593299770322, 2.1305033672787874, 2.04269240958508, 1.9634405349142454}},
};

}  // namespace weft::test
