#pragma once
// A transformer as a graph; its operations have the names of PyTorch's GPT-2 modules where there are such.
#include "sw/graph/operation_graph.h"
#include "sw/graph/transformer_section.h"

namespace weft::sw {

/// embedding (and, of learned positions, positions and their sum, embedded); of each layer h0, h1, ...: ln_1, q, k, v
/// (of rotary positions q.rotary, k.rotary), attention.scores, attention.softmax, attention, proj, add_1, ln_2, fc1 (of
/// SwiGLU fc1_gate), its nonlinearity, fc2, add_2; ln_f, lm_head, loss. Dropout where its probability is not zero: of
/// the embedding, proj and fc2. Reads "samples", a token's ids, and "labels", makes "loss". Checked; a pure function.
OperationGraph transformer_graph(const TransformerConfig& model);

}  // namespace weft::sw
