#pragma once
// What MemoryX does with a summed gradient, as data: unscale, clip, update.
#include <array>
#include <cstdint>

namespace weft::hw {

enum class OptimizerKind { sgd, momentum, adam, adamw };

/// A row each, in the order of OptimizerKind.
struct OptimizerForm {
  OptimizerKind kind;
  const char* name;                       ///< in model files
  std::array<const char*, 2> state = {};  ///< PyTorch's names of what stands beside a parameter; null: no more
  bool has_betas = false;                 ///< and eps; else a momentum
};

inline constexpr OptimizerForm optimizer_forms[] = {
    {OptimizerKind::sgd, "sgd"},
    {OptimizerKind::momentum, "momentum", {"momentum_buffer"}},
    {OptimizerKind::adam, "adam", {"exp_avg", "exp_avg_sq"}, true},
    {OptimizerKind::adamw, "adamw", {"exp_avg", "exp_avg_sq"}, true},
};

constexpr const OptimizerForm& form_of(OptimizerKind kind) { return optimizer_forms[static_cast<std::size_t>(kind)]; }

constexpr bool optimizers_stand_in_order() {
  for (const OptimizerForm& form : optimizer_forms)
    if (&form_of(form.kind) != &form) return false;
  return true;
}
static_assert(optimizers_stand_in_order());

/// Defaults are PyTorch's. Weight decay of sgd, momentum and adam is added to the gradient; of adamw it is decoupled.
struct OptimizerSpec {
  OptimizerKind kind = OptimizerKind::sgd;
  double momentum = 0;
  double dampening = 0;   ///< the momentum takes 1 - dampening of a gradient; all of the first
  bool nesterov = false;  ///< the step looks ahead by the momentum
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double weight_decay = 0;
};

enum class ClipTiming {
  waiting,      ///< updates wait until the last gradient is in and the norm is known
  speculative,  ///< updates are made at once, and made again from kept values where the norm says so
};

/// Clipping of gradients, after unscaling. At most one of the two.
struct ClipSpec {
  double max_norm = 0;                      ///< of all gradients together, as torch.nn.utils.clip_grad_norm_; 0: none
  double max_value = 0;                     ///< of each element's size, as torch.nn.utils.clip_grad_value_; 0: none
  ClipTiming timing = ClipTiming::waiting;  ///< of max_norm
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

}  // namespace weft::hw
