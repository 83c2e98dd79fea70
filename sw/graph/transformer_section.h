#pragma once
// The section `model` of a model file whose network is a transformer: keys and meaning as of the Model Zoo's GPT-2 and
// GPT-3.
#include <string>

#include "tlm/base/yaml_reader.h"

namespace weft::sw {

/// A decoder with its norms before attention and feed-forward, causal attention, and learned or rotary
/// positions.
struct TransformerConfig {
  int vocab_size = 0, max_position_embeddings = 0;
  int hidden_size = 0, num_hidden_layers = 0, num_heads = 0, filter_size = 0;
  int sequence_length = 0;            ///< tokens of a sample; at most max_position_embeddings
  double rotary_base = 0;             ///< of rotary positions; 0: they are learned
  std::string nonlinearity = "GELU";  ///< the operation in the feed-forward; SwiGLU has a gate beside its first matrix
  std::string norm = "LayerNorm";     ///< the operation
  double norm_epsilon = 1e-5;
  double embedding_dropout = 0, dropout = 0;  ///< of the embedding's sum; of what attention and feed-forward add
  double attention_dropout = 0;               ///< of probabilities
  bool projection_bias = true;                ///< of queries, keys and values
  bool attention_output_bias = true;
  bool ffn_bias = true;  ///< of all its matrices
  bool output_bias = false;

  /// The embedding is a product with a token's input, which is one in two places: its word, and, behind the vocabulary,
  /// its position where that is learned.
  int input_features() const { return vocab_size + (rotary_base > 0 ? 0 : max_position_embeddings); }
};

/// `sequence_length`: as the data says it. Reads what is a transformer's own;
/// what other networks have, too, is left to the caller.
TransformerConfig read_transformer(YamlSection& section, int sequence_length);

}  // namespace weft::sw
