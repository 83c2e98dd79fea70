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
     {3.057855598910058, 2.4166240350960986, 2.2314859825392706, 2.00931168685334, 1.8138858900949548}},
    {"{vocab_size: 11, max_position_embeddings: 7, hidden_size: 8, num_hidden_layers: 2, num_heads: 2, filter_size: "
     "20, share_embedding_weights: false, position_embedding_type: rotary, rope_theta: 100, norm_type: rmsnorm, "
     "nonlinearity: swiglu, use_projection_bias_in_attention: false, use_ffn_bias_in_attention: false, use_ffn_bias: "
     "false}",
     "adamw",
     {3.057855598910058, 2.608843004165203, 2.324693282672212, 2.128663912597212, 1.9898300549975887}},
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
