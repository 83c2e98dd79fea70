#pragma once
// The section `model` of a model file whose network is a transformer: keys and meaning as of the Model Zoo's GPT-2,
// GPT-3 and BERT.
#include <string>

#include "sw/graph/initializer.h"
#include "tlm/base/yaml_reader.h"

namespace weft::sw {

/// What the transformers are called that differ in more than a key.
enum class TransformerFamily {
  decoder,  ///< GPT, Llama: predicts the next token; norms before attention and feed-forward, and a last one
  encoder,  ///< BERT: predicts masked tokens, attends to both sides
};

enum class Positions {
  learned,      ///< from a table
  rotary,       ///< angles of queries and keys
  linear_bias,  ///< ALiBi; of a decoder
};

/// Causal or bidirectional attention.
struct TransformerConfig {
  int vocab_size = 0, max_position_embeddings = 0;
  int hidden_size = 0, num_hidden_layers = 0, num_heads = 0, filter_size = 0;
  int num_kv_heads = 0;     ///< heads of keys and values, each of which num_heads / num_kv_heads share
  int sequence_length = 0;  ///< tokens of a sample; at most max_position_embeddings
  Positions positions = Positions::learned;
  struct {
    double base = 0;
    int features = 0;  ///< of a head, that are turned; 0: all
  } rotary;
  bool parallel = false;              ///< a block adds attention and feed-forward of its input at once
  bool ffn_norm = true;               ///< of a parallel block: the feed-forward has a norm of its own
  std::string nonlinearity = "GELU";  ///< the operation in the feed-forward; SwiGLU has a gate beside its first matrix
  std::string norm = "LayerNorm";     ///< the operation
  double norm_epsilon = 1e-5;
  struct {
    double embedding = 0;  ///< of its sum
    double residual = 0;   ///< of what attention and feed-forward add
    double attention = 0;  ///< of probabilities
  } dropout;
  struct {
    bool projections = true;  ///< of queries, keys and values
    bool attention_output = true;
    bool ffn = true;  ///< of all its matrices
    bool output = false;
  } bias;
  Initializer initializer;
  int reach = 0;                ///< a token attends to its own key and reach - 1 before it; 0: to all before it
  int tile_keys = 0;            ///< of attention, some so many keys at a time; 0: scores stand whole
  bool tile_auto = false;       ///< the plan chooses tile_keys
  bool skip_masked = false;     ///< products of attention skip what the mask leaves out; of a decoder
  bool embedding_norm = false;  ///< behind the embedding
  bool tied = false;            ///< the output's matrix is the embedding's

  TransformerFamily family = TransformerFamily::decoder;
  struct {
    bool norm_first = true;                 ///< before attention and feed-forward, else behind what they are added to
    std::string mlm_nonlinearity = "GELU";  ///< the operation between the matrix and the norm before the output layer
    bool mlm_bias = true;                   ///< of that matrix
    int segments = 0;                       ///< rows of the table of segments (token types); 0: there is none
    bool next_sentences = false;            ///< a second loss: does a sample's second sentence follow the first?
    std::string pooler_nonlinearity = "Tanh";  ///< the operation between its two matrices
    bool padded = false;                       ///< sequences are shorter than sequence_length: the data say it
  } encoder;

  int queries() const { return num_kv_heads > 0 ? num_heads / num_kv_heads : 1; }
  int head_size() const { return hidden_size / num_heads; }
  bool learned_positions() const { return positions == Positions::learned; }
  /// A token's ids: in the vocabulary, where positions are learned its place in its sequence, of segments its segment;
  /// of a loss of next sentences its label, which a sample's first token has.
  int input_features() const { return next_sentence_id() + (encoder.next_sentences ? 1 : 0); }
  /// Which of them says the segment, and which the label.
  int segment_id() const { return learned_positions() ? 2 : 1; }
  int next_sentence_id() const { return segment_id() + (encoder.segments > 0 ? 1 : 0); }
};

/// `sequence_length` and `padded`: as the data say it. Reads what is a transformer's own;
/// what other networks have, too, is left to the caller.
TransformerConfig read_transformer(YamlSection& section, TransformerFamily family, int sequence_length, bool padded);

}  // namespace weft::sw
