#pragma once
// A transformer as a graph; its operations have the names of PyTorch's GPT-2 modules where there are such.
#include "sw/graph/operation_graph.h"
#include "sw/graph/transformer_section.h"

namespace weft::sw {

/// embedding; of each layer h0, h1, ...: ln_1, q, k, v (of rotary positions q.rotary, k.rotary), attention.scores,
/// attention.softmax, attention, proj, add_1, ln_2, fc1 (of SwiGLU fc1_gate), its nonlinearity, fc2, add_2; ln_f,
/// lm_head, loss. Dropout where its probability is not zero: of the embedding, proj and fc2. Reads "samples"
/// [vocabulary + learned positions] and "labels", makes "loss". Of parallel blocks one addition, add_1, of all three,
/// and ln_2 where the feed-forward has its own. Checked; a pure function.
OperationGraph transformer_graph(const TransformerConfig& model);

/// Whether a block adds what the layer makes to its input: proj and fc2.
bool is_added(const std::string& layer);

}  // namespace weft::sw
