#pragma once
// The kernels, one row each: what a launch takes, keeps and leaves. Everybody else asks the row.
#include <array>
#include <cstddef>
#include <string_view>

namespace weft::hw {

enum class KernelKind {
  load_input,
  matmul_forward,
  retain_forward,
  activation,
  softmax_loss,
  matmul_delta,
  retained_delta,
  activation_backward,
  matmul_gradient,
  attention_scores,
  attention_values,
  attention_keys,
  gelu,
  gelu_backward,
  gelu_tanh,
  gelu_tanh_backward,
  layer_norm,
  layer_norm_backward,
  layer_norm_gradient,
  rms_norm,
  rms_norm_backward,
  rms_norm_gradient,
  attention_softmax,
  attention_softmax_backward,
  addition,
  load_vectors,
  swiglu,
  swiglu_gate_backward,
  swiglu_linear_backward,
  rotary,
  rotary_backward,
  dropout,
  dropout_backward,
  score_dropout,
  score_dropout_backward,
  load_tokens,
  one_hot,
  embedding,
  silu,
  silu_backward,
  attention_values_tile,
  attention_softmax_tile,
  attention_rescale,
  attention_output,
  attention_output_sums,
  attention_probabilities,
  attention_score_deltas,
  tanh,
  tanh_backward,
};

/// What happens on the wafer.
enum class KernelForm {
  load,    ///< samples and labels pass along the rows
  stream,  ///< rounds: scalars along one axis, an AXPY each at every PE, sums along the other
  line,    ///< each PE on its elements, sums and maxima up the columns, broadcasts down them (hw/kernels)
};

/// Its part in a step, as pictures name it.
enum class KernelRole { samples, forward, loss, delta, gradient };

constexpr const char* role_name(KernelRole role) {
  return std::array{"samples", "forward", "loss", "delta", "gradient"}[static_cast<std::size_t>(role)];
}

/// Where the weights of a product come from.
enum class KernelWeights {
  none,
  streamed,  ///< from the edge
  kept,      ///< from the edge, and each PE keeps those of its inputs
  resident,  ///< kept by an earlier launch
};

/// Along which lines a round's scalars pass; its sums pass across them.
enum class LineAxis { rows, columns };
/// Where a round's scalars come from: the west edge, or the PEs across the line that own the round.
enum class StreamSource { edge, owner };
/// Where a round's sums go: to the first line and back to the one that owns the round, along the rows out at the east
/// edge, or nowhere: each PE keeps its own.
enum class SumEnd { owner, edge, here };

/// What an activation's kernel does. The operations of a value are those of the formula as it is written: GELU
/// x (1 + erf(x / sqrt 2)) / 2, or with tanh of a cubic; SiLU x / (1 + e^-x); and of its derivative times the delta.
struct Activation {
  const char* operation = nullptr;        ///< of a graph, one for both passes; null: it is no activation's
  int flops = 0;                          ///< of a value; counted as OperationType::flops
  std::array<const char*, 2> words = {};  ///< of the forward pass: its names in a model file, the one to show first
  bool reads_result = false;              ///< of the delta pass: what the forward pass made, else what that read

  constexpr bool exists() const { return operation != nullptr; }
  constexpr bool is_of(std::string_view type) const { return exists() && type == operation; }
};

struct Kernel {
  KernelKind kind;
  const char* name;  ///< in reports, plans and pictures
  KernelForm form;
  KernelRole role;
  KernelWeights weights = KernelWeights::none;
  bool by_input = false;        ///< a round is an input and its elements are outputs; else the other way round
  bool may_be_sparse = false;   ///< a layer's mask changes it
  KernelKind retaining = kind;  ///< in its place when the output layer's weights stay on the wafer
  StreamSource source = StreamSource::edge;  ///< of the stream form, as what follows
  SumEnd sums = SumEnd::owner;
  LineAxis lines = LineAxis::rows;
  const char* stream = "weights";  ///< what the scalars are, in traces
  const char* vectors = nullptr;   ///< what they are multiplied with, where it comes across the lines before them,
                                   ///< from the line that owns the round; else every PE has its own
  bool sums_fp32 = false;          ///< what it makes is kept as it is, else rounded to fp16
  bool by_key = false;             ///< a round, or a feature, is a key of attention: a mask leaves tokens out of it
  bool makes_scores = false;       ///< what it makes has the keys of each head as features, else a layer's
  bool by_head = false;            ///< of the line form: works on a layer's features, those of each head alone
  bool once = false;               ///< of attention in tiles of keys: no tile's, but all of them
  bool masks_tile = false;         ///< of scores: its mask is one of a tile's keys
  bool by_pairs = false;           ///< works on features 2 i and 2 i + 1 together: each row must hold whole pairs
  bool drops = false;              ///< of scores: each head and sequence has a mask of its own
  bool by_id = false;              ///< of the line form: its features are a table's ids, else a layer's
  bool every_row = false;          ///< of the load form: all of a sample goes to every row, else its features' share
  Activation activation = {};

  constexpr bool streams() const { return form == KernelForm::stream; }
  /// A stream that a lane's own edge or all of its rows take part in; attention's stay in the rectangle of a head.
  constexpr bool at_edge() const { return streams() && !by_key; }
  /// Inputs hold the constant one of the bias, where the layer has one.
  constexpr bool has_bias() const { return is_forward_product() || (streams() && produces_gradient()); }
  /// Y = X W^T + b: consumes weights, a round an output.
  constexpr bool is_forward_product() const {
    return consumes_weights() && role == KernelRole::forward && sums == SumEnd::owner && !by_input;
  }
  constexpr bool consumes_weights() const { return streams() && source == StreamSource::edge; }
  /// What comes from the edge stays in every PE as it is: nothing is multiplied with it.
  constexpr bool stores() const { return consumes_weights() && sums == SumEnd::here; }
  /// Sums over the tokens leave for MemoryX: those of a product round by round, a line kernel's at its end.
  constexpr bool produces_gradient() const { return role == KernelRole::gradient; }
};

constexpr Kernel scores_kernel(KernelKind kind, const char* name, KernelRole role, bool masked) {
  Kernel row{kind, name, KernelForm::line, role};
  row.by_key = masked;
  row.makes_scores = true;
  return row;
}

constexpr Kernel score_dropout_kernel(KernelKind kind, const char* name, KernelRole role, bool fp32) {
  Kernel row = scores_kernel(kind, name, role, false);
  row.drops = true;
  row.sums_fp32 = fp32;
  return row;
}

constexpr Kernel tile_kernel(KernelKind kind, const char* name, KernelRole role) {
  Kernel row = scores_kernel(kind, name, role, true);
  row.masks_tile = true;
  return row;
}

constexpr Kernel head_kernel(KernelKind kind, const char* name, KernelRole role, bool once) {
  Kernel row{kind, name, KernelForm::line, role};
  row.by_head = true;
  row.once = once;
  return row;
}

constexpr Kernel pairs_kernel(KernelKind kind, const char* name, KernelRole role) {
  Kernel row{kind, name, KernelForm::line, role};
  row.by_pairs = true;
  return row;
}

constexpr Kernel tokens_kernel(KernelKind kind, const char* name) {
  Kernel row{kind, name, KernelForm::load, KernelRole::samples};
  row.every_row = true;
  return row;
}

constexpr Kernel ids_kernel(KernelKind kind, const char* name) {
  Kernel row{kind, name, KernelForm::line, KernelRole::forward};
  row.by_id = true;
  return row;
}

constexpr Kernel activation_kernel(KernelKind kind, const char* name, KernelRole role, const Activation& activation) {
  Kernel row{kind, name, KernelForm::line, role};
  row.activation = activation;
  return row;
}

/// In the order of KernelKind.
constexpr std::array<Kernel, 49> kernels{{
    {KernelKind::load_input, "load_input", KernelForm::load, KernelRole::samples},
    {KernelKind::matmul_forward, "matmul_forward", KernelForm::stream, KernelRole::forward, KernelWeights::streamed,
     false, true, KernelKind::retain_forward},
    {KernelKind::retain_forward, "retain_forward", KernelForm::stream, KernelRole::forward, KernelWeights::kept},
    activation_kernel(KernelKind::activation, "activation", KernelRole::forward, {"ReLU", 1, {"relu"}}),
    {KernelKind::softmax_loss, "softmax_loss", KernelForm::line, KernelRole::loss},
    {KernelKind::matmul_delta, "matmul_delta", KernelForm::stream, KernelRole::delta, KernelWeights::streamed, true,
     true, KernelKind::retained_delta},
    {KernelKind::retained_delta, "retained_delta", KernelForm::stream, KernelRole::delta, KernelWeights::resident,
     false, false, KernelKind::retained_delta, StreamSource::owner, SumEnd::here, LineAxis::columns, "deltas"},
    activation_kernel(KernelKind::activation_backward, "activation_backward", KernelRole::delta, {"ReLU", 1, {}, true}),
    {KernelKind::matmul_gradient, "matmul_gradient", KernelForm::stream, KernelRole::gradient, KernelWeights::none,
     false, true, KernelKind::matmul_gradient, StreamSource::owner, SumEnd::edge, LineAxis::columns, "deltas"},
    // Of attention a round is a key. Its features come along the rows from the column that holds it, and the sums are
    // scores of all tokens and go to the row that keep that key's (Q K^T, dO V^T); or that row sends its scores, and
    // each PE adds up what they make of the features (P V, dS K); or the scores are the stream, and the sums go to the
    // column that holds the key (P^T dO, dS^T Q).
    {KernelKind::attention_scores, "attention_scores", KernelForm::stream, KernelRole::forward, KernelWeights::none,
     false, false, KernelKind::attention_scores, StreamSource::owner, SumEnd::owner, LineAxis::rows, "keys", nullptr,
     true, true, true},
    {KernelKind::attention_values, "attention_values", KernelForm::stream, KernelRole::forward, KernelWeights::none,
     false, false, KernelKind::attention_values, StreamSource::owner, SumEnd::here, LineAxis::rows, "values", "scores",
     false, true},
    {KernelKind::attention_keys, "attention_keys", KernelForm::stream, KernelRole::delta, KernelWeights::none, false,
     false, KernelKind::attention_keys, StreamSource::owner, SumEnd::owner, LineAxis::columns, "scores", nullptr, false,
     true},
    activation_kernel(KernelKind::gelu, "gelu", KernelRole::forward, {"GELU", 5, {"gelu"}}),
    activation_kernel(KernelKind::gelu_backward, "gelu_backward", KernelRole::delta, {"GELU", 11}),
    activation_kernel(KernelKind::gelu_tanh, "gelu_tanh", KernelRole::forward,
                      {"GELU_tanh", 9, {"gelu_tanh", "gelu_new"}}),
    activation_kernel(KernelKind::gelu_tanh_backward, "gelu_tanh_backward", KernelRole::delta, {"GELU_tanh", 17}),
    {KernelKind::layer_norm, "layer_norm", KernelForm::line, KernelRole::forward},
    {KernelKind::layer_norm_backward, "layer_norm_backward", KernelForm::line, KernelRole::delta},
    {KernelKind::layer_norm_gradient, "layer_norm_gradient", KernelForm::line, KernelRole::gradient},
    {KernelKind::rms_norm, "rms_norm", KernelForm::line, KernelRole::forward},
    {KernelKind::rms_norm_backward, "rms_norm_backward", KernelForm::line, KernelRole::delta},
    {KernelKind::rms_norm_gradient, "rms_norm_gradient", KernelForm::line, KernelRole::gradient},
    scores_kernel(KernelKind::attention_softmax, "attention_softmax", KernelRole::forward, true),
    scores_kernel(KernelKind::attention_softmax_backward, "attention_softmax_backward", KernelRole::delta, false),
    {KernelKind::addition, "addition", KernelForm::line, KernelRole::forward},
    // Each row gets what its features have of a norm's vectors.
    {KernelKind::load_vectors, "load_vectors", KernelForm::stream, KernelRole::forward, KernelWeights::kept, false,
     false, KernelKind::load_vectors, StreamSource::edge, SumEnd::here, LineAxis::rows, "vectors"},
    {KernelKind::swiglu, "swiglu", KernelForm::line, KernelRole::forward},
    {KernelKind::swiglu_gate_backward, "swiglu_gate_backward", KernelForm::line, KernelRole::delta},
    {KernelKind::swiglu_linear_backward, "swiglu_linear_backward", KernelForm::line, KernelRole::delta},
    pairs_kernel(KernelKind::rotary, "rotary", KernelRole::forward),
    pairs_kernel(KernelKind::rotary_backward, "rotary_backward", KernelRole::delta),
    // Where no activation's kernel does it; the second two on attention's scores.
    {KernelKind::dropout, "dropout", KernelForm::line, KernelRole::forward},
    {KernelKind::dropout_backward, "dropout_backward", KernelForm::line, KernelRole::delta},
    score_dropout_kernel(KernelKind::score_dropout, "score_dropout", KernelRole::forward, false),
    score_dropout_kernel(KernelKind::score_dropout_backward, "score_dropout_backward", KernelRole::delta, true),
    tokens_kernel(KernelKind::load_tokens, "load_tokens"),
    ids_kernel(KernelKind::one_hot, "one_hot"),
    // A table's rows by tokens that are 1 in the row of their id: as deltas, a round is a feature of the table.
    {KernelKind::embedding, "embedding", KernelForm::stream, KernelRole::forward, KernelWeights::streamed, true},
    activation_kernel(KernelKind::silu, "silu", KernelRole::forward, {"SiLU", 3, {"silu"}}),
    activation_kernel(KernelKind::silu_backward, "silu_backward", KernelRole::delta, {"SiLU", 8}),
    // Of attention in tiles of keys: the sums of attention_values go on from tile to tile in fp32.
    {KernelKind::attention_values_tile, "attention_values_tile", KernelForm::stream, KernelRole::forward,
     KernelWeights::none, false, false, KernelKind::attention_values_tile, StreamSource::owner, SumEnd::here,
     LineAxis::rows, "values", "scores", true, true},
    tile_kernel(KernelKind::attention_softmax_tile, "attention_softmax_tile", KernelRole::forward),
    head_kernel(KernelKind::attention_rescale, "attention_rescale", KernelRole::forward, false),
    head_kernel(KernelKind::attention_output, "attention_output", KernelRole::forward, true),
    head_kernel(KernelKind::attention_output_sums, "attention_output_sums", KernelRole::delta, true),
    tile_kernel(KernelKind::attention_probabilities, "attention_probabilities", KernelRole::delta),
    scores_kernel(KernelKind::attention_score_deltas, "attention_score_deltas", KernelRole::delta, false),
    activation_kernel(KernelKind::tanh, "tanh", KernelRole::forward, {"Tanh", 1, {"tanh"}}),
    activation_kernel(KernelKind::tanh_backward, "tanh_backward", KernelRole::delta, {"Tanh", 4}),
}};

constexpr const Kernel& kernel_of(KernelKind kind) { return kernels[static_cast<std::size_t>(kind)]; }
constexpr const char* kernel_name(KernelKind kind) { return kernel_of(kind).name; }
constexpr bool consumes_weights(KernelKind kind) { return kernel_of(kind).consumes_weights(); }
constexpr bool produces_gradient(KernelKind kind) { return kernel_of(kind).produces_gradient(); }

/// Null if there is none, as in a report of another version.
constexpr const Kernel* find_kernel(std::string_view name) {
  for (const Kernel& row : kernels)
    if (name == row.name) return &row;
  return nullptr;
}

/// Of a name in a report.
constexpr bool loads_samples(std::string_view name) {
  const Kernel* known = find_kernel(name);
  return known && known->form == KernelForm::load;
}
constexpr bool streams_weights(std::string_view name) {
  const Kernel* known = find_kernel(name);
  return known && known->consumes_weights();
}
constexpr bool is_forward_product(std::string_view name) {
  const Kernel* known = find_kernel(name);
  return known && known->is_forward_product();
}

constexpr bool kernels_stand_in_order() {
  for (std::size_t at = 0; at < kernels.size(); ++at)
    if (kernels[at].kind != static_cast<KernelKind>(at)) return false;
  return true;
}
static_assert(kernels_stand_in_order());

}  // namespace weft::hw
