#pragma once
// What a cluster is told to do: a pure value made by the compiler, walked by every block on its own.
// All blocks walk the same nesting in the same order: stage > step > micro-batch > launch.
#include <cstdint>
#include <string>
#include <vector>

#include "hw/spec/stream_order.h"
#include "tlm/base/units.h"

namespace weft::hw {

/// One fully connected layer: outputs = activation(inputs * W^T + b). Masters are W[outputs][inputs], b[outputs].
/// On the wire the bias is the weight of an input that is always one: row `inputs` of the augmented matrix.
struct MatrixLayer {
  std::string name;  ///< parameters are model.<name>.weight and model.<name>.bias
  int inputs = 0, outputs = 0;
  bool relu = false;   ///< ReLU after the bias; false for the output layer
  double dropout = 0;  ///< probability of zero after the ReLU, training only

  std::int64_t parameters() const { return static_cast<std::int64_t>(outputs) * (inputs + 1); }
};

/// One kernel launch on the wafer. All PEs of the rectangle run the same launch; a launch begins when the one before
/// has ended everywhere.
enum class KernelKind {
  load_input,           ///< samples and labels from the edge to the PEs
  matmul_forward,       ///< Y = X W^T + b; consumes a weight stream, output-major
  retain_forward,       ///< as matmul_forward, and each PE keeps the weights of its inputs
  activation,           ///< ReLU and dropout on resident outputs
  softmax_loss,         ///< loss, correct predictions and, in training, the first delta
  matmul_delta,         ///< dX = dY W; consumes a weight stream, input-major (no bias row)
  retained_delta,       ///< dX = dY W with the weights kept by retain_forward; no stream
  activation_backward,  ///< dX *= derivative of the ReLU and dropout before it
  matmul_gradient,      ///< dW = dY^T X, db = dY^T 1; produces a gradient stream, output-major
};

struct Launch {
  KernelKind kind = KernelKind::load_input;
  int layer = 0;  ///< index into Job::layers; the layer whose weights or activation it is
};

/// A launch's stream, in rounds: forward and gradient have one round per output with inputs + 1 elements,
/// delta one round per input with `outputs` elements. Weights travel as fp16, gradients as fp32.
/// A chunk is a whole number of rounds; the last chunk may be shorter.
struct StreamShape {
  int rounds = 0;
  int elements_per_round = 0;
  int rounds_per_chunk = 0;
  int chunks() const { return static_cast<int>(ceil_div(rounds, rounds_per_chunk)); }
  int chunk_first_round(int chunk) const { return chunk * rounds_per_chunk; }
  int chunk_rounds(int chunk) const {
    const int rest = rounds - chunk_first_round(chunk);
    return rest < rounds_per_chunk ? rest : rounds_per_chunk;
  }
  std::int64_t chunk_elements(int chunk) const {
    return static_cast<std::int64_t>(chunk_rounds(chunk)) * elements_per_round;
  }
};

constexpr bool consumes_weights(KernelKind kind) {
  return kind == KernelKind::matmul_forward || kind == KernelKind::retain_forward || kind == KernelKind::matmul_delta;
}
constexpr bool produces_gradient(KernelKind kind) { return kind == KernelKind::matmul_gradient; }

/// Shape of the stream that a launch consumes or produces. `chunk_bytes` bounds a chunk's payload (at least one round).
/// Precondition: consumes_weights(kind) or produces_gradient(kind).
inline StreamShape stream_shape(const MatrixLayer& layer, KernelKind kind, Bytes chunk_bytes) {
  StreamShape shape;
  const bool delta = kind == KernelKind::matmul_delta;
  shape.rounds = delta ? layer.inputs : layer.outputs;
  shape.elements_per_round = delta ? layer.outputs : layer.inputs + 1;
  const Bytes round_bytes = static_cast<Bytes>(shape.elements_per_round) * (produces_gradient(kind) ? 4 : 2);
  const auto fit = static_cast<int>(chunk_bytes / round_bytes);
  shape.rounds_per_chunk = fit < 1 ? 1 : (fit > shape.rounds ? shape.rounds : fit);
  return shape;
}

enum class OptimizerKind { sgd, momentum, adam, adamw };

/// Defaults are PyTorch's. Weight decay of sgd, momentum and adam is added to the gradient; of adamw it is decoupled.
struct OptimizerSpec {
  OptimizerKind kind = OptimizerKind::sgd;
  double momentum = 0;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double weight_decay = 0;
};

enum class ScheduleKind { constant, step, warmup_linear, cosine };

/// Learning rate as a function of the global step (0 for the first), evaluated in MemoryX.
struct ScheduleSpec {
  ScheduleKind kind = ScheduleKind::constant;
  double rate = 0.001;           ///< initial, or the plateau after a warm-up
  double end_rate = 0;           ///< cosine: value at total_steps; warmup_linear: value at step 0
  double gamma = 0.1;            ///< step: factor
  std::int64_t interval = 1;     ///< step: steps between factors
  std::int64_t total_steps = 1;  ///< cosine: half a period; warmup_linear: length of the ramp
};

/// The first delta is multiplied by the scale, the summed gradient divided by it in fp32.
/// Dynamic: a layer whose gradient is not finite is not updated and the scale is halved for the next step;
/// after `growth_interval` finite steps it doubles, up to `maximum`.
struct LossScaleSpec {
  bool dynamic = false;
  double initial = 1;
  double minimum = 6.103515625e-05, maximum = 32768;
  std::int64_t growth_interval = 2000;
};

/// A run of steps of one kind. In an eval stage a batch may be padded: samples with label -1 count nowhere.
struct Stage {
  bool train = true;
  std::int64_t steps = 0;
};

struct Job {
  std::vector<MatrixLayer> layers;
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
  int batch = 0;          ///< samples of one step over all systems
  int micro_batches = 1;  ///< a system's shard is run in so many equal parts
  std::uint64_t seed = 0;
  OptimizerSpec optimizer;
  ScheduleSpec schedule;
  LossScaleSpec loss_scale;
  bool whole_tensor_placement = false;  ///< false: a stream is striped over all weight servers
  StreamOrder stream_order;
  bool timing_only = false;  ///< blocks have sizes and no bytes, PEs times and no values; all times are the same

  int simulated_systems() const { return share_systems ? 1 : systems; }
  int samples_per_system() const { return batch / systems; }
  int tokens() const { return samples_per_system() / micro_batches; }  ///< on the wafer at a time
  const std::vector<Launch>& launches(bool train) const { return train ? train_launches : eval_launches; }
};

}  // namespace weft::hw
