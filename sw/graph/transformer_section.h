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
  bool projection_bias = true;                ///< of queries, keys and values
  bool attention_output_bias = true;
  bool ffn_bias = true;  ///< of all its matrices
  bool output_bias = false;
  bool tied = false;  ///< the output's matrix is the embedding's

  bool learned_positions() const { return rotary_base == 0; }
  /// A token's ids: in the vocabulary, and, where positions are learned, its place in its sequence.
  int input_features() const { return learned_positions() ? 2 : 1; }
};

/// `sequence_length`: as the data says it. Reads what is a transformer's own;
/// what other networks have, too, is left to the caller.
TransformerConfig read_transformer(YamlSection& section, int sequence_length);

}  // namespace weft::sw
