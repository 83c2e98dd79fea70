// Names, and values of what is not written: transformers' configuration classes GPT2Config, GPTNeoXConfig, GPTJConfig,
// LlamaConfig, MistralConfig and BertConfig.
#include "sw/frontend/huggingface_style.h"

namespace weft::sw {

namespace {

using Use = KeyUse;

constexpr std::string_view all = "", gpt2 = "gpt2", neox = "gpt_neox", gptj = "gptj", llama = "llama",
                           mistral = "mistral", bert = "bert", n_style = "gpt2 gptj",
                           hidden_style = "gpt_neox llama mistral", llama_style = "llama mistral";
constexpr std::string_view not_of_training = "nothing of the training follows from it";
constexpr std::string_view number_formats = "masters are fp32, what is streamed is of model.fp16_type";
constexpr std::string_view one_scale = "scores are divided by the root of a head's features";

}  // namespace

const std::vector<std::string>& huggingface_models() {
  static const std::vector<std::string> models{"gpt2", "gpt_neox", "gptj", "llama", "mistral", "bert"};
  return models;
}

const std::vector<HuggingFaceKey>& huggingface_keys() {
  static const std::vector<HuggingFaceKey> keys{
      {all, "model_type", Use::honoured, "model.model_name", "", ""},
      {gpt2, "vocab_size", Use::honoured, "model.vocab_size", "50257", ""},
      {neox, "vocab_size", Use::honoured, "model.vocab_size", "50432", ""},
      {gptj, "vocab_size", Use::honoured, "model.vocab_size", "50400", ""},
      {llama_style, "vocab_size", Use::honoured, "model.vocab_size", "32000", ""},
      {bert, "vocab_size", Use::honoured, "model.vocab_size", "30522", ""},
      {gpt2, "n_positions", Use::honoured, "model.max_position_embeddings", "1024", ""},
      {gptj, "n_positions", Use::honoured, "model.max_position_embeddings", "2048", ""},
      {"gpt_neox llama", "max_position_embeddings", Use::honoured, "model.max_position_embeddings", "2048", ""},
      {mistral, "max_position_embeddings", Use::honoured, "model.max_position_embeddings", "131072", ""},
      {bert, "max_position_embeddings", Use::honoured, "model.max_position_embeddings", "512", ""},
      {gpt2, "n_embd", Use::honoured, "model.hidden_size", "768", ""},
      {gptj, "n_embd", Use::honoured, "model.hidden_size", "4096", ""},
      {neox, "hidden_size", Use::honoured, "model.hidden_size", "6144", ""},
      {llama_style, "hidden_size", Use::honoured, "model.hidden_size", "4096", ""},
      {bert, "hidden_size", Use::honoured, "model.hidden_size", "768", ""},
      {gpt2, "n_layer", Use::honoured, "model.num_hidden_layers", "12", ""},
      {gptj, "n_layer", Use::honoured, "model.num_hidden_layers", "28", ""},
      {neox, "num_hidden_layers", Use::honoured, "model.num_hidden_layers", "44", ""},
      {llama_style, "num_hidden_layers", Use::honoured, "model.num_hidden_layers", "32", ""},
      {bert, "num_hidden_layers", Use::honoured, "model.num_hidden_layers", "12", ""},
      {gpt2, "n_head", Use::honoured, "model.num_heads", "12", ""},
      {gptj, "n_head", Use::honoured, "model.num_heads", "16", ""},
      {neox, "num_attention_heads", Use::honoured, "model.num_heads", "64", ""},
      {llama_style, "num_attention_heads", Use::honoured, "model.num_heads", "32", ""},
      {bert, "num_attention_heads", Use::honoured, "model.num_heads", "12", ""},
      {llama, "num_key_value_heads", Use::honoured, "model.num_kv_heads", "", ""},
      {mistral, "num_key_value_heads", Use::honoured, "model.num_kv_heads", "8", ""},
      {n_style, "n_inner", Use::honoured, "model.filter_size", "", "without it 4 n_embd"},
      {neox, "intermediate_size", Use::honoured, "model.filter_size", "24576", ""},
      {llama, "intermediate_size", Use::honoured, "model.filter_size", "11008", ""},
      {mistral, "intermediate_size", Use::honoured, "model.filter_size", "14336", ""},
      {bert, "intermediate_size", Use::honoured, "model.filter_size", "3072", ""},
      {n_style, "activation_function", Use::honoured, "model.nonlinearity", "gelu_new", ""},
      {neox, "hidden_act", Use::honoured, "model.nonlinearity", "gelu", ""},
      {bert, "hidden_act", Use::honoured, "model.encoder_nonlinearity", "gelu", ""},
      {llama_style, "hidden_act", Use::only, "", "silu", "the feed-forward is a SwiGLU"},
      {n_style, "layer_norm_epsilon", Use::honoured, "model.layer_norm_epsilon", "1e-05", ""},
      {neox, "layer_norm_eps", Use::honoured, "model.layer_norm_epsilon", "1e-05", ""},
      {bert, "layer_norm_eps", Use::honoured, "model.layer_norm_epsilon", "1e-12", ""},
      {llama_style, "rms_norm_eps", Use::honoured, "model.layer_norm_epsilon", "1e-06", ""},
      {gpt2, "embd_pdrop", Use::honoured, "model.embedding_dropout_rate", "0.1", ""},
      {gpt2, "resid_pdrop", Use::honoured, "model.dropout_rate", "0.1", ""},
      {gpt2, "attn_pdrop", Use::honoured, "model.attention_dropout_rate", "0.1", ""},
      {gptj, "embd_pdrop", Use::honoured, "model.embedding_dropout_rate", "0", ""},
      {gptj, "resid_pdrop", Use::honoured, "model.dropout_rate", "0", ""},
      {gptj, "attn_pdrop", Use::honoured, "model.attention_dropout_rate", "0", ""},
      {neox, "hidden_dropout", Use::honoured, "model.dropout_rate", "0", ""},
      {hidden_style, "attention_dropout", Use::honoured, "model.attention_dropout_rate", "0", ""},
      {bert, "hidden_dropout_prob", Use::honoured, "model.dropout_rate", "0.1", ""},
      {bert, "attention_probs_dropout_prob", Use::honoured, "model.attention_dropout_rate", "0.1", ""},
      {"gpt_neox bert", "classifier_dropout", Use::no_effect, "", "", "of a classifier behind the model"},
      {neox, "attention_bias", Use::honoured, "model.use_projection_bias_in_attention model.use_ffn_bias_in_attention",
       "true", ""},
      {llama, "attention_bias", Use::honoured, "model.use_projection_bias_in_attention model.use_ffn_bias_in_attention",
       "false", ""},
      {llama, "mlp_bias", Use::honoured, "model.use_ffn_bias", "false", ""},
      {neox, "rotary_pct", Use::honoured, "", "0.25", "model.rotary_dim, as a share of a head"},
      {gptj, "rotary_dim", Use::honoured, "model.rotary_dim", "64", ""},
      {neox, "rotary_emb_base", Use::honoured, "model.rope_theta", "10000", ""},
      {llama_style, "rope_theta", Use::honoured, "model.rope_theta", "10000", ""},
      {hidden_style, "rope_parameters", Use::honoured, "", "",
       "a section of rope_type, which is default, rope_theta, which is rotary_emb_base of gpt_neox, and of gpt_neox "
       "partial_rotary_factor, which is rotary_pct"},
      {hidden_style, "rope_scaling", Use::only, "", "null", "positions are turned by their own angle"},
      {neox, "use_parallel_residual", Use::honoured, "model.use_parallel_residual", "true", ""},
      {llama_style, "head_dim", Use::honoured, "", "", "a head has hidden_size / num_attention_heads features"},
      {mistral, "sliding_window", Use::honoured, "", "4096", "sequences are no longer, so that it hides nothing"},
      {bert, "position_embedding_type", Use::only, "", "absolute", "positions are learned"},
      {bert, "type_vocab_size", Use::honoured, "model.num_segments", "2", ""},
      {bert, "is_decoder", Use::only, "", "false", "a token attends to both sides"},
      {"gpt2 bert", "tie_word_embeddings", Use::honoured, "model.share_embedding_weights", "true", ""},
      {"gpt_neox gptj llama mistral", "tie_word_embeddings", Use::honoured, "model.share_embedding_weights", "false",
       ""},
      {all, "initializer_range", Use::honoured, "model.initializer_range", "0.02", ""},

      {bert, "gradient_checkpointing", Use::no_effect, "", "", "runconfig.recompute says it"},
      {bert, "directionality", Use::only, "", "bidi", "a token attends to both sides"},
      {bert, "pooler_fc_size", Use::no_effect, "", "",
       "a pooler is hidden_size wide, and only a loss of next sentences has one"},
      {bert, "pooler_num_attention_heads", Use::no_effect, "", "",
       "a pooler is hidden_size wide, and only a loss of next sentences has one"},
      {bert, "pooler_num_fc_layers", Use::no_effect, "", "",
       "a pooler is hidden_size wide, and only a loss of next sentences has one"},
      {bert, "pooler_size_per_head", Use::no_effect, "", "",
       "a pooler is hidden_size wide, and only a loss of next sentences has one"},
      {bert, "pooler_type", Use::no_effect, "", "",
       "a pooler is hidden_size wide, and only a loss of next sentences has one"},
      {all, "id2label", Use::no_effect, "", "", not_of_training},
      {all, "label2id", Use::no_effect, "", "", not_of_training},
      {gpt2, "n_ctx", Use::no_effect, "", "", "n_positions says how long a sequence may be"},
      {gptj, "n_ctx", Use::no_effect, "", "", "n_positions says how long a sequence may be"},
      {gpt2, "scale_attn_weights", Use::only, "", "true", one_scale},
      {gptj, "scale_attn_weights", Use::only, "", "true", one_scale},
      {gpt2, "scale_attn_by_inverse_layer_idx", Use::only, "", "false", one_scale},
      {gpt2, "reorder_and_upcast_attn", Use::no_effect, "", "", "scores and their softmax are fp32"},
      {gpt2, "add_cross_attention", Use::only, "", "false", "there is one sequence"},
      {llama, "pretraining_tp", Use::only, "", "1", "a product is one product"},
      {all, "is_encoder_decoder", Use::only, "", "false", "there is one sequence"},
      {"gpt2 gpt_neox gptj llama mistral", "architectures", Use::no_effect, "", "",
       "model_type says what the model is"},
      {bert, "architectures", Use::honoured, "", "",
       "BertForPreTraining has a loss of next sentences; any other, or none, that of masked tokens alone"},
      {all, "use_cache", Use::no_effect, "", "", "of generation; weft sample keeps no keys"},
      {all, "torch_dtype", Use::no_effect, "", "", number_formats},
      {all, "dtype", Use::no_effect, "", "", number_formats},
      {all, "transformers_version", Use::no_effect, "", "", not_of_training},
      {all, "_name_or_path", Use::no_effect, "", "", not_of_training},
      {all, "bos_token_id", Use::no_effect, "", "", not_of_training},
      {all, "eos_token_id", Use::no_effect, "", "", not_of_training},
      {all, "pad_token_id", Use::no_effect, "", "", not_of_training},
      {all, "tokenizer_class", Use::no_effect, "", "", "train_input.tokenizer says it"},
      {gptj, "rotary", Use::only, "", "true", "positions are rotary"},
      {n_style, "summary_activation", Use::no_effect, "", "", not_of_training},
      {n_style, "summary_first_dropout", Use::no_effect, "", "", not_of_training},
      {n_style, "summary_proj_to_labels", Use::no_effect, "", "", not_of_training},
      {n_style, "summary_type", Use::no_effect, "", "", not_of_training},
      {n_style, "summary_use_proj", Use::no_effect, "", "", not_of_training},
      {n_style, "task_specific_params", Use::no_effect, "", "", not_of_training},
      {n_style, "gradient_checkpointing", Use::no_effect, "", "", "runconfig.recompute says it"},
  };
  return keys;
}

}  // namespace weft::sw
