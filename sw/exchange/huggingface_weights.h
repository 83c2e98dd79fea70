#pragma once
// A transformer's weights under the names, and in the layouts, that Hugging Face's models have.
//
// What differs: GPT-2's matrices are [inputs][outputs], and queries, keys and values one of them; GPT-NeoX has these
// three head by head in one. Llama, Mistral and GPT-NeoX turn feature i of a head together with feature i + half of
// those that are turned, here 2 i and 2 i + 1 are (hw/kernels/rotary.h). Of grouped queries a head's features stand
// together here, one of each head of queries (sw/graph/attention_types.cpp). So rows of query and key weights, and
// columns of attention's output weights, are in another order.
#include <string>
#include <vector>

#include "hw/spec/training_state.h"
#include "sw/exchange/safetensors.h"
#include "sw/graph/transformer_section.h"

namespace weft::sw {

/// Whose layout a model's weights can have: gpt2, gpt_neox, gptj or llama. Throws UsageError that says what of the
/// model none of them has.
std::string huggingface_type(const TransformerConfig& model);

/// In the order of the model. Precondition: `state` is of such a model.
std::vector<SafeTensor> huggingface_weights(const TransformerConfig& model, const hw::TrainingState& state);

/// Puts the numbers of `tensors`, which are as huggingface_weights() names them, into the weights of `state`; with or
/// without the prefix of the model behind its head (transformer., model., gpt_neox.); masks and frequencies that some
/// files carry are passed over; a head that is not there is the embedding, and one of a model whose weights are tied
/// may be there if it is the same. Throws UsageError that begins with `file`, all at once: a tensor that is missing
/// (and the nearest), not of this model, of another shape, or whose dtype is none of F32, F16 and BF16.
void take_huggingface_weights(const std::string& file, const std::vector<SafeTensor>& tensors,
                              const TransformerConfig& model, hw::TrainingState& state);

/// config.json of such a model.
std::string huggingface_config(const TransformerConfig& model);

}  // namespace weft::sw
