#pragma once
// What one training step of a transformer asks of the machine, by arithmetic alone: SRAM, stream and flop of each pass.
// Nothing is simulated and nothing is fitted: every number comes from the machine file, the transformer's shape and the
// options. Times are lower bounds: the wafer's arithmetic and its links each at their full rate, one pass after
// another.
#include <string>
#include <vector>

#include "hw/spec/gradient_wire.h"
#include "hw/spec/machine.h"
#include "sw/budget/transformer.h"

namespace weft::sw {

/// What is computed again in the backward pass instead of being kept from the forward pass. Attention probabilities are
/// never kept: a layer would have heads x sequence of them per token.
enum class Recompute {
  none,         ///< 16 h values a token and layer are kept: both sides of every matrix and of every layer norm
  elementwise,  ///< 10 h: layer norms and the activation function are computed again
  layer,        ///< h: a layer's input; the whole layer is computed again, so its weights are streamed again
};
inline constexpr Recompute kRecomputes[] = {Recompute::none, Recompute::elementwise, Recompute::layer};
const char* name_of(Recompute recompute);
/// Values kept of a token in a layer, in hidden widths.
int kept_widths(Recompute recompute);

struct BudgetOptions {
  int systems = 1;
  int batch = 128;           ///< sequences of a step, all systems
  int micro_batches = 0;     ///< of a system; 0: the shortest step that fits
  int activation_bytes = 2;  ///< of a value kept
  Bytes gradient_bytes = hw::GradientWire().element_bytes();
  int precision_opt_level = 0;  ///< 1: products but gradients, and the output layer's deltas, sum in 16 bits
  std::vector<Recompute> tried{std::begin(kRecomputes), std::end(kRecomputes)};
};

/// What the wafer can do at best.
struct MachineBudget {
  std::int64_t pes = 0;
  double flops = 0;          ///< multiply-adds in mixed precision, two each, per second
  double half_flops = 0;     ///< of those that sum in 16 bits
  double stream = 0;         ///< bytes per second, each direction
  Bytes sram = 0, code = 0;  ///< all PEs
  explicit MachineBudget(const hw::MachineSpec& machine);
};

/// One pass over all layers and micro-batches of a step, on one system.
struct PassBudget {
  std::string name;
  double flop = 0, bytes = 0;
  bool inwards = true;  ///< weights; else gradients
  double compute_seconds = 0, stream_seconds = 0;
  bool stream_binds() const { return stream_seconds > compute_seconds; }
  double seconds() const { return stream_binds() ? stream_seconds : compute_seconds; }
};

/// SRAM of the whole wafer at its fullest moment.
struct SramBudget {
  Bytes code = 0, kept = 0, accumulators = 0;
  Bytes backward = 0;  ///< deltas of the widest matrix, and what is recomputed of one layer
  Bytes loss = 0;      ///< logits in fp32
  Bytes total() const { return code + kept + accumulators + (backward > loss ? backward : loss); }
};

/// One way to run the step.
struct StepBudget {
  Recompute recompute = Recompute::none;
  int micro_batches = 1;
  Bytes gradient_bytes = hw::GradientWire().element_bytes();
  std::int64_t tokens = 0;  ///< on one wafer at a time
  SramBudget sram;
  bool fits = false;
  std::vector<PassBudget> passes;
  double seconds = 0, compute_seconds = 0, flop = 0;
  bool half_sums = false;  ///< BudgetOptions::precision_opt_level
};

/// Products of queries with keys and of probabilities with values, causal half, of a step on one system.
double attention_flop(const Transformer& model, std::int64_t tokens, Recompute recompute);

/// One way. Preconditions: micro_batches divides the sequences of a system.
StepBudget step_budget(const Transformer& model, const hw::MachineSpec& machine, const BudgetOptions& options,
                       Recompute recompute, int micro_batches);

struct Budget {
  std::int64_t sequences = 0, tokens = 0;  ///< of a step on one system
  std::vector<StepBudget> ways;  ///< the best of each kind of recomputation; the last that was tried if none fits
  int best = -1;                 ///< index in `ways`, or -1: nothing fits
};

/// Throws UsageError: more systems than the machine has, a batch that does not divide.
Budget make_budget(const Transformer& model, const hw::MachineSpec& machine, const BudgetOptions& options);

}  // namespace weft::sw
