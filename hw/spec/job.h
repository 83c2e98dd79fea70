#pragma once
// What a cluster is told to do: a pure value made by the compiler, walked by every block on its own.
// All blocks walk the same nesting in the same order: stage > step > micro-batch > launch.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "hw/spec/attention_mask.h"
#include "hw/spec/gradient_wire.h"
#include "hw/spec/half_sums.h"
#include "hw/spec/kernel_table.h"
#include "hw/spec/operand.h"
#include "hw/spec/optimizer_spec.h"
#include "hw/spec/schedule_spec.h"
#include "hw/spec/stream_order.h"
#include "hw/spec/weight_mask.h"
#include "tlm/base/half.h"
#include "tlm/base/units.h"

namespace weft::hw {

/// What the rows of a layer's masters are.
enum class LayerKind {
  matrix,  ///< those of a fully connected layer
  none,    ///< it has none: an addition, attention
  table,   ///< features of each id, of an embedding; no bias
  norm,  ///< vectors of a norm's features, a round of the stream each: the gain, then the shift if it has one; no bias
};

/// Of a layer that is attention of each token to those of its own sequence: heads side by side in its features,
/// sequences in the tokens.
struct AttentionShape {
  int heads = 0;    ///< of keys and values; 0: the layer is none
  int queries = 1;  ///< heads of queries that share one of these
  int length = 0;   ///< tokens of a sequence
  float scale = 1.0F;
  AttentionMask mask = {};   ///< causal and reach; of each sequence its own length, if it is
  bool padded = false;       ///< then labels say where its padding begins
  bool linear_bias = false;  ///< ALiBi
  bool skip_masked = false;  ///< products skip what `mask` leaves out, and the tokens of a sequence are dealt to its
                             ///< columns in turn, in the whole model; not of padded ones or grouped queries
  int tiles = 0;             ///< of keys, one after the other (hw/fabric/tile_keys.h); 0: scores stand whole
  float rotary_base = 0;     ///< of rotary positions; 0: the layer does not rotate
  int rotary_features = 0;   ///< of a head, that are turned; 0: all
};

/// One fully connected layer: outputs = activation(inputs * W^T + b). Masters are W[outputs][inputs], b[outputs].
/// On the wire the bias is the weight of an input that is always one: row `inputs` of the augmented matrix. A layer
/// without bias has no such row. Of a norm: inputs are its features, outputs its vectors. Of a table: inputs are its
/// features, outputs its ids.
struct MatrixLayer {
  std::string name;  ///< parameters are model.<name>.weight and model.<name>.bias
  int inputs = 0, outputs = 0;
  std::string activation;                            ///< after the bias: Kernel::operation; empty: none
  double dropout = 0;                                ///< probability of zero after the activation, training only
  double sparsity = 0;                               ///< share of the weights that never travel; 0: dense on the wire
  std::shared_ptr<const WeightMask> mask = nullptr;  ///< those that do; null: all, or while a plan is sought
  /// Those that are not zero for ever; null: all. Where all travel MemoryX drops the gradients of the others.
  std::shared_ptr<const WeightMask> trained = nullptr;
  bool keeps_preactivation = false;  ///< for the backward pass, beside what the activation makes of it
  bool bias = true;
  LayerKind kind = LayerKind::matrix;

  float epsilon = 1e-5F;  ///< of a norm
  int id = 0;             ///< of a table: which of a token's ids, in the order of the samples
  int label_id = -1;      ///< of the last layer before a loss of whole samples: which of a token's ids is its label,
                          ///< of one token a sample; none: labels come beside the ids
  int shares = -1;        ///< the layer whose parameters these are, of its inputs and outputs; none: its own
  AttentionShape attention = {};
  HalfSums half_sums = {};

  /// Elements of a round of the stream by output, kept or not.
  int stream_inputs() const { return inputs + (bias ? 1 : 0); }
  /// Of the activation that it makes.
  int features() const { return kind == LayerKind::norm || kind == LayerKind::table ? inputs : outputs; }
  /// Of its parameters, as a checkpoint has them: weight, and bias if there is one.
  int tensors() const { return !has_parameters() ? 0 : is_matrix() ? (bias ? 2 : 1) : rows(); }
  /// Of weights, [outputs][inputs].
  bool is_matrix() const { return kind == LayerKind::matrix || kind == LayerKind::table; }
  /// Its loss is one of whole samples.
  bool of_samples() const { return label_id >= 0; }
  /// Of its own.
  bool has_parameters() const { return kind != LayerKind::none && shares < 0; }
  /// Of its masters: rounds of the stream by output.
  int rows() const { return kind != LayerKind::none ? outputs : 0; }
  bool sparse() const { return sparsity > 0; }
  bool zeros_travel() const { return trained && !sparse(); }
  /// In round `round` of a launch, the weight at `place` of its stream. Precondition: mask.
  bool keeps(bool by_input, int round, int place) const {
    return by_input ? mask->kept(place, round) : place == inputs || mask->kept(round, place);
  }
  /// As a checkpoint has them, zeros included.
  std::int64_t parameters() const { return has_parameters() ? static_cast<std::int64_t>(rows()) * stream_inputs() : 0; }
  /// That travel and are updated, the bias included.
  std::int64_t kept_parameters() const { return mask ? mask->kept() + (bias ? outputs : 0) : parameters(); }
  /// What predicted times and memory of a launch on it follow from, to compare: layers of one shape differ in the rest.
  auto shape() const {
    return std::tuple(kind, inputs, outputs, bias, activation, dropout, sparsity, attention.heads, attention.length,
                      attention.mask.any(), attention.queries, attention.rotary_features, attention.linear_bias,
                      attention.skip_masked, attention.mask.causal, attention.mask.reach, attention.tiles,
                      half_sums.told());
  }
};

/// Features of what a line kernel works on, which attention's scores are not.
inline int line_features(KernelKind kind, const MatrixLayer& layer) {
  return kernel_of(kind).by_id ? layer.outputs : layer.features();
}

/// Whose parameters a layer streams.
inline int owner_of(const std::vector<MatrixLayer>& layers, int layer) {
  const int shares = layers[static_cast<std::size_t>(layer)].shares;
  return shares < 0 ? layer : shares;
}
/// Layers that stream a layer's parameters, and so gradients of a micro-batch that are summed before their update.
inline int sharers_of(const std::vector<MatrixLayer>& layers, int layer) {
  const auto shares = [layer](const MatrixLayer& other) { return other.shares == layer; };
  return 1 + static_cast<int>(std::count_if(layers.begin(), layers.end(), shares));
}

/// What the input servers send of each token: the features of the first layer, or, where there are tables, one of its
/// ids for each, and one for a loss of whole samples.
struct SampleForm {
  int features = 0;
  bool ids = false;
};
inline SampleForm sample_form(const std::vector<MatrixLayer>& layers) {
  const auto tables = std::count_if(layers.begin(), layers.end(), [](const MatrixLayer& layer) {
    return layer.kind == LayerKind::table || layer.of_samples();
  });
  if (tables > 0) return {static_cast<int>(tables), true};
  return {layers.front().inputs, false};
}

/// One kernel on the wafer. All PEs of the rectangle run the same launch; a launch begins when the one before has ended
/// everywhere.
struct Launch {
  KernelKind kind = KernelKind::load_input;
  int layer = 0;  ///< index into Job::layers; the layer whose weights or activation it is
  OperandTensors reads = {}, writes = {};
  bool backward = false;  ///< of the backward pass; some kernels serve both
  int tile = 0;           ///< of keys: AttentionShape::tiles
};

/// A launch's part in a step: its kernel's, or what a kernel of the forward pass is in the backward pass.
inline KernelRole role_of(const Launch& launch) {
  const KernelRole role = kernel_of(launch.kind).role;
  return launch.backward && role == KernelRole::forward ? KernelRole::delta : role;
}

/// A launch's stream, in rounds: forward and gradient have one round per output with the inputs' elements and the
/// bias's, delta one round per input with `outputs` elements. Weights travel as halves, gradients as GradientWire
/// says. Of a sparse layer only the kept ones travel: a weight with 16 bits of its index behind it, a gradient alone,
/// since its receiver knows the mask. A chunk is a whole number of rounds; the last chunk may be shorter.
struct StreamShape {
  int rounds = 0;
  int elements_per_round = 0;  ///< of a sparse layer: the places, kept or not
  int rounds_per_chunk = 0;
  int element_bytes = 0;
  const std::int64_t* kept_before = nullptr;  ///< [rounds + 1] kept weights of the rounds before; null: dense
  int always = 0;                             ///< elements of a sparse round besides: the bias
  int chunks() const { return static_cast<int>(ceil_div(rounds, rounds_per_chunk)); }
  int chunk_first_round(int chunk) const { return chunk * rounds_per_chunk; }
  int chunk_rounds(int chunk) const {
    const int rest = rounds - chunk_first_round(chunk);
    return rest < rounds_per_chunk ? rest : rounds_per_chunk;
  }
  /// Elements of the rounds before `round`.
  std::int64_t elements_before(int round) const {
    if (!kept_before) return static_cast<std::int64_t>(round) * elements_per_round;
    return kept_before[round] + static_cast<std::int64_t>(round) * always;
  }
  std::int64_t chunk_elements(int chunk) const {
    const int first = chunk_first_round(chunk);
    return elements_before(first + chunk_rounds(chunk)) - elements_before(first);
  }
  Bytes chunk_bytes(int chunk) const { return chunk_elements(chunk) * element_bytes; }
};

/// The gradient of a sparse layer: its PEs are told, round by round, which of their inputs' weights are kept.
inline bool consumes_indices(const MatrixLayer& layer, KernelKind kind) {
  return produces_gradient(kind) && layer.mask != nullptr;
}
inline bool consumes_stream(const MatrixLayer& layer, KernelKind kind) {
  return consumes_weights(kind) || consumes_indices(layer, kind);
}

/// Shape of a stream by output or by input. `chunk_bytes` bounds a chunk's payload (at least one round).
inline StreamShape shape_of_stream(const MatrixLayer& layer, bool by_input, Bytes element_bytes, Bytes chunk_bytes) {
  StreamShape shape;
  shape.rounds = by_input ? layer.inputs : layer.rows();
  shape.elements_per_round = by_input ? layer.outputs : layer.stream_inputs();
  shape.element_bytes = static_cast<int>(element_bytes);
  std::int64_t most = shape.elements_per_round;
  if (layer.mask) {
    shape.kept_before = (by_input ? layer.mask->before_input() : layer.mask->before_output()).data();
    shape.always = !by_input && layer.bias ? 1 : 0;
    most = 1;
    for (int round = 0; round < shape.rounds; ++round)
      most = std::max(most, shape.elements_before(round + 1) - shape.elements_before(round));
  }
  shape.rounds_per_chunk =
      static_cast<int>(std::clamp<Bytes>(chunk_bytes / (most * shape.element_bytes), 1, std::max(shape.rounds, 1)));
  return shape;
}
/// Of a layer's gradient, and so of its update. Its chunks are the stripes of fp32 masters and sums in MemoryX,
/// whatever the wire: as many rounds as `chunk_bytes` holds in fp32.
inline StreamShape gradient_shape(const MatrixLayer& layer, Bytes chunk_bytes, const GradientWire& wire) {
  StreamShape shape = shape_of_stream(layer, false, GradientWire().element_bytes(), chunk_bytes);
  shape.element_bytes = static_cast<int>(wire.element_bytes());
  return shape;
}
/// Of what a launch consumes or produces: weights, or a gradient over `wire`. Precondition: it does.
inline StreamShape stream_shape(const MatrixLayer& layer, KernelKind kind, Bytes chunk_bytes,
                                const GradientWire& wire) {
  if (produces_gradient(kind)) return gradient_shape(layer, chunk_bytes, wire);
  return shape_of_stream(layer, kernel_of(kind).by_input, layer.mask ? 4 : 2, chunk_bytes);
}
/// Of the indices that go with a gradient: its chunks, 16 bits for each of its elements.
inline StreamShape index_shape(const MatrixLayer& layer, Bytes chunk_bytes, const GradientWire& wire) {
  StreamShape shape = gradient_shape(layer, chunk_bytes, wire);
  shape.element_bytes = 2;
  return shape;
}

/// Calls visit(place) for the elements of a sparse layer's round in the order of its stream; `place` counts inputs
/// (by input: outputs), the bias, if there is one, comes last. Precondition: layer.mask.
template <typename Visit>
void for_each_kept(const MatrixLayer& layer, bool by_input, int round, Visit&& visit) {
  if (by_input) {
    for (int output = 0; output < layer.outputs; ++output)
      if (layer.mask->kept(output, round)) visit(output);
    return;
  }
  layer.mask->for_each(round, 0, layer.inputs, visit);
  if (layer.bias) visit(layer.inputs);
}

/// A run of steps of one kind. In an eval stage a batch may be padded: samples with label -1 count nowhere.
struct Stage {
  bool train = true;
  std::int64_t steps = 0;
};

struct Job {
  HalfFormat format = HalfFormat::fp16;  ///< of all halves: weights on the way, samples, activations, deltas
  GradientWire gradient_wire;
  std::vector<MatrixLayer> layers;
  /// Those that the forward pass makes stand first, `activations` of them in the order of their making, the samples
  /// before all others.
  std::vector<WaferTensor> tensors;
  int activations = 0;
  std::vector<Launch> train_launches;  ///< one micro-batch of a training step
  std::vector<Launch> eval_launches;
  std::vector<Stage> stages;
  std::int64_t first_step = 0;        ///< global step at the start (training steps done before)
  std::int64_t checkpoint_steps = 0;  ///< after every so many global steps; 0: only at the end of training
  bool initial_checkpoint = false;    ///< also before the first step
  bool final_checkpoint = true;       ///< after the last training step
  int systems = 1;
  /// Every system stands at the same depth of SwarmX's tree, each behind links of its own, and in a run that only times
  /// they do the same: one of them, and one node a level, then stand for all.
  bool share_systems = false;
  int batch = 0;          ///< tokens of one step over all systems, of whole samples
  int sample_tokens = 1;  ///< of one sample, side by side: a text's sequence has many, a picture is one
  int micro_batches = 1;  ///< a system's shard is run in so many equal parts of whole samples
  std::uint64_t seed = 0;
  OptimizerSpec optimizer;
  ScheduleSpec schedule;
  ClipSpec clip;
  LossScaleSpec loss_scale;
  bool whole_tensor_placement = false;  ///< false: a stream is striped over all weight servers
  StreamOrder stream_order;
  bool timing_only = false;  ///< blocks have sizes and no bytes, PEs times and no values; all times are the same

  int simulated_systems() const { return share_systems ? 1 : systems; }
  int tokens_per_system() const { return batch / systems; }
  int tokens() const { return tokens_per_system() / micro_batches; }  ///< on the wafer at a time
  /// BlockMap::dealt of every tensor.
  int dealt_tokens() const {
    const auto skips = [](const MatrixLayer& layer) { return layer.attention.skip_masked; };
    return std::any_of(layers.begin(), layers.end(), skips) ? sample_tokens : 0;
  }
  /// The layer whose parameters a layer streams: what MemoryX and the links know them by.
  int owner(int layer) const { return owner_of(layers, layer); }
  int sharers(int layer) const { return sharers_of(layers, layer); }
  /// Of each sample, besides that of the tokens.
  bool has_sample_loss() const {
    return std::any_of(layers.begin(), layers.end(), [](const MatrixLayer& layer) { return layer.of_samples(); });
  }
  /// Blocks of loss that a system sends a micro-batch.
  int losses() const { return has_sample_loss() ? 2 : 1; }
  const std::vector<Launch>& launches(bool train) const { return train ? train_launches : eval_launches; }
};

}  // namespace weft::hw
