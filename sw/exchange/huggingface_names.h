#pragma once
// The names of Hugging Face's models, one table.
#include <string_view>

namespace weft::sw {

enum class Joined {
  no,
  thirds,    ///< queries, keys and values behind one another
  by_heads,  ///< of each head its queries, keys and values
};

struct HuggingFaceNames {
  std::string_view type;           ///< model_type
  std::string_view prefix, block;  ///< before all names but the head's; before a block's number
  std::string_view words, positions, last_norm, head;
  std::string_view ln_1, ln_2, q, k, v, proj, fc1, fc1_gate,
      fc2;          ///< of a block; q: of all three where they are joined
  bool transposed;  ///< a block's matrices are [inputs][outputs]
  bool halves;      ///< feature i is turned with feature i + half
  Joined joined;
  std::string_view passed_over;  ///< ends of names that are no weights of this network, split at blanks
  std::string_view segments = {}, ln_embedding = {};         ///< behind words and positions
  std::string_view pooler = {}, next_sentence = {};          ///< of a loss of next sentences
  std::string_view mlm = {}, ln_mlm = {}, output_bias = {};  ///< of the head; the bias where it is not the head's own
};

inline constexpr HuggingFaceNames huggingface_names[] = {
    {"gpt2",        "transformer.", "h.",          "wte",          "wpe",
     "ln_f",        "lm_head",      "ln_1",        "ln_2",         "attn.c_attn",
     "attn.c_attn", "attn.c_attn",  "attn.c_proj", "mlp.c_fc",     "",
     "mlp.c_proj",  true,           false,         Joined::thirds, ".attn.bias .attn.masked_bias"},
    {"gptj",
     "transformer.",
     "h.",
     "wte",
     "",
     "ln_f",
     "lm_head",
     "ln_1",
     "",
     "attn.q_proj",
     "attn.k_proj",
     "attn.v_proj",
     "attn.out_proj",
     "mlp.fc_in",
     "",
     "mlp.fc_out",
     false,
     false,
     Joined::no,
     ".attn.bias .attn.masked_bias .attn.embed_positions"},
    {"gpt_neox",
     "gpt_neox.",
     "layers.",
     "embed_in",
     "",
     "final_layer_norm",
     "embed_out",
     "input_layernorm",
     "post_attention_layernorm",
     "attention.query_key_value",
     "attention.query_key_value",
     "attention.query_key_value",
     "attention.dense",
     "mlp.dense_h_to_4h",
     "",
     "mlp.dense_4h_to_h",
     false,
     true,
     Joined::by_heads,
     ".attention.bias .attention.masked_bias .rotary_emb.inv_freq"},
    {"llama",
     "model.",
     "layers.",
     "embed_tokens",
     "",
     "norm",
     "lm_head",
     "input_layernorm",
     "post_attention_layernorm",
     "self_attn.q_proj",
     "self_attn.k_proj",
     "self_attn.v_proj",
     "self_attn.o_proj",
     "mlp.up_proj",
     "mlp.gate_proj",
     "mlp.down_proj",
     false,
     true,
     Joined::no,
     ".rotary_emb.inv_freq"},
    {"bert",
     "bert.",
     "encoder.layer.",
     "embeddings.word_embeddings",
     "embeddings.position_embeddings",
     "",
     "cls.predictions.decoder",
     "attention.output.LayerNorm",
     "output.LayerNorm",
     "attention.self.query",
     "attention.self.key",
     "attention.self.value",
     "attention.output.dense",
     "intermediate.dense",
     "",
     "output.dense",
     false,
     false,
     Joined::no,
     "embeddings.position_ids pooler.dense.weight pooler.dense.bias cls.seq_relationship.weight "
     "cls.seq_relationship.bias "
     "cls.predictions.decoder.bias",
     "embeddings.token_type_embeddings",
     "embeddings.LayerNorm",
     "pooler.dense",
     "cls.seq_relationship",
     "cls.predictions.transform.dense",
     "cls.predictions.transform.LayerNorm",
     "cls.predictions.bias"},
};

}  // namespace weft::sw
