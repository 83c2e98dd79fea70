#pragma once
// Small graphs to be trained: a GPT of 24 words and 8 positions, a feed-forward network with residuals and norms, and
// graphs that nobody would draw.
#include <random>

#include "sw/graph/transformer_graph.h"

namespace weft::test {

/// Biases, LayerNorm and GELU; the feed-forward is twice as wide as the rest.
sw::TransformerConfig small_gpt(int width, int heads, int layers = 1);

/// The same with BERT's norms, head and attention to both sides.
sw::TransformerConfig small_bert(int width, int heads, int layers = 1);

/// Two residual blocks with the norm before the feed-forward, between a layer that is `width` wide and one of 7
/// classes.
sw::OperationGraph residual_network(int features, int width, const std::string& norm, const std::string& activation);

/// What a random graph may hold, and how large it is.
struct RandomGraphShape {
  int features = 1, classes = 2, width = 1, operations = 8;
  int heads = 0;     ///< divides the width; 0: no attention
  int sequence = 1;  ///< tokens
};

/// Operations of all kinds on tensors that were made before, each of which may be read more than once, also as both
/// inputs of one operation, and a sum of three; what nobody reads is added up before the last norm.
sw::OperationGraph random_graph(const RandomGraphShape& shape, std::mt19937& random);

}  // namespace weft::test
