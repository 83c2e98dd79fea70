#include "sw/graph/optimizer_section.h"

namespace weft::sw {
namespace {

using hw::OptimizerKind;

const IntegerRange kStepRange{1, 2'147'483'647, "the step counter's width"};

void read_betas(YamlSection& section, hw::OptimizerSpec& optimizer) {
  const RealRange range{0, 0.999999};
  if (!section.has("beta1") && !section.has("beta2")) {
    const auto betas = section.reals("betas", range, {optimizer.beta1, optimizer.beta2});
    optimizer.beta1 = betas[0];
    optimizer.beta2 = betas[1];
    return;
  }
  section.not_used("betas", "beta1 and beta2 say it already");
  optimizer.beta1 = section.real("beta1", range, optimizer.beta1);
  optimizer.beta2 = section.real("beta2", range, optimizer.beta2);
}

void read_momentum(YamlSection& section, hw::OptimizerSpec& optimizer) {
  const bool by_name = optimizer.kind == OptimizerKind::momentum;
  optimizer.momentum = section.real("momentum", {0, 0.999999}, by_name ? 0.9 : 0.0);
  optimizer.dampening = section.real("dampening", {0, 1}, optimizer.dampening);
  optimizer.nesterov = section.boolean("nesterov", optimizer.nesterov);
  if (optimizer.nesterov && section.good("momentum") && (optimizer.momentum == 0 || optimizer.dampening > 0))
    section.reject("nesterov", "needs a momentum, and no dampening");
  optimizer.kind = optimizer.momentum > 0 ? OptimizerKind::momentum : OptimizerKind::sgd;
}

}  // namespace

hw::OptimizerSpec read_optimizer(YamlSection& section) {
  hw::OptimizerSpec optimizer;
  std::vector<std::pair<std::string, OptimizerKind>> kinds;
  for (const hw::OptimizerForm& form : hw::optimizer_forms) kinds.emplace_back(form.name, form.kind);
  optimizer.kind = section.choice<OptimizerKind>("optimizer_type", kinds, OptimizerKind::adam);
  const bool is_known = section.good("optimizer_type");  // of an unknown one nothing can be said to be too much
  const auto foreign = [&](const char* key, const char* why) {
    if (section.has(key) && is_known) section.not_used(key, why);
  };
  if (form_of(optimizer.kind).has_betas) {
    for (const auto* key : {"momentum", "dampening", "nesterov"}) foreign(key, "adam and adamw have betas instead");
    read_betas(section, optimizer);
    optimizer.epsilon = section.real("eps", {1e-30, 1}, optimizer.epsilon);
  } else {
    for (const auto* key : {"betas", "beta1", "beta2", "eps"}) foreign(key, "only adam and adamw use it");
    read_momentum(section, optimizer);
  }
  optimizer.weight_decay = section.real("weight_decay", {0, 1000}, optimizer.weight_decay);
  return optimizer;
}

hw::ClipSpec read_clip(YamlSection& section) {
  const RealRange range{0, 1e30, "0: none"};
  hw::ClipSpec clip;
  clip.max_norm = section.real("max_gradient_norm", range, 0.0);
  clip.max_value = section.real("max_gradient_value", range, 0.0);
  if (clip.max_norm > 0 && clip.max_value > 0)
    section.reject("max_gradient_value", "gradients are clipped by max_gradient_norm already; one of the two");
  clip.timing = section.choice<hw::ClipTiming>(
      "clip_timing", {{"waiting", hw::ClipTiming::waiting}, {"speculative", hw::ClipTiming::speculative}},
      hw::ClipTiming::waiting);
  return clip;
}

hw::LossScaleSpec read_loss_scale(YamlSection& section, HalfFormat format) {
  const RealRange scale_range{1e-30, 2'147'483'648.0};
  hw::LossScaleSpec scale;
  if (!section.is_word("loss_scaling_factor")) {
    scale.initial = section.real("loss_scaling_factor", scale_range, scale.initial);
    for (const auto* key : {"initial_loss_scale", "min_loss_scale", "max_loss_scale", "steps_per_increase"}) {
      section.without_effect(key, "only loss_scaling_factor: dynamic uses it");
    }
    return scale;
  }
  scale.dynamic = section.choice<bool>("loss_scaling_factor", {{"dynamic", true}});
  scale.maximum = section.real("max_loss_scale", scale_range, half_format(format).loss_scale);
  scale.minimum = section.real("min_loss_scale", {scale_range.low, scale.maximum, "max_loss_scale"}, scale.minimum);
  scale.initial = section.real("initial_loss_scale", {scale.minimum, scale.maximum, "min_loss_scale to max_loss_scale"},
                               scale.maximum);
  scale.growth_interval = section.integer64("steps_per_increase", kStepRange, scale.growth_interval);
  return scale;
}

}  // namespace weft::sw
