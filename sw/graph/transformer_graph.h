#pragma once
// A transformer as a graph; its operations have the names of PyTorch's GPT-2 modules where there are such.
#include "sw/graph/operation_graph.h"
#include "sw/graph/transformer_section.h"

namespace weft::sw {

/// embedding (and, of learned positions, positions, of segments, segments, and their sum, embedded), of its norm
/// ln_embedding; of each layer h0, h1, ...: ln_1, q, k, v (of rotary positions q.rotary, k.rotary), attention.scores,
/// attention.softmax, attention, proj, add_1, ln_2, fc1 (of SwiGLU fc1_gate), its nonlinearity, fc2, add_2; of a
/// decoder ln_f, of an encoder mlm, its nonlinearity, ln_mlm, and before them of one with a loss of next sentences
/// pooler, its nonlinearity, nsp, nsp_loss; lm_head, loss. Of an encoder whose norms come last ln_1 follows add_1, and
/// ln_2 add_2. Of parallel blocks one addition, add_1, of all three, and ln_2 where the feed-forward has its own.
/// Dropout where its probability is not zero: of the embedding, attention, proj and fc2. Reads "samples", a token's
/// ids, and "labels", makes "loss", and "nsp_loss". Checked; a pure function.
OperationGraph transformer_graph(const TransformerConfig& model);

/// Whether a block adds what the layer makes to its input: proj and fc2.
bool is_added(const std::string& layer);

}  // namespace weft::sw
