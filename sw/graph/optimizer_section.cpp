#include "sw/graph/optimizer_section.h"

#include <string>
#include <utility>
#include <vector>

#include "tlm/base/nearest.h"

namespace weft::sw {
namespace {

using hw::OptimizerKind;
using hw::ScheduleKind;

const RealRange kRateRange{0, 1000};
const IntegerRange kStepRange{1, 2'147'483'647, "the step counter's width"};

const std::vector<std::pair<std::string, ScheduleKind>> kSchedulers{
    {"constant", ScheduleKind::constant},      {"step", ScheduleKind::step},
    {"linear", ScheduleKind::warmup_linear},   {"warmup_linear", ScheduleKind::warmup_linear},
    {"cosine", ScheduleKind::cosine},          {"cosinedecay", ScheduleKind::cosine},
    {"ConstantLR", ScheduleKind::constant},    {"StepLR", ScheduleKind::step},
    {"LinearLR", ScheduleKind::warmup_linear}, {"CosineDecayLR", ScheduleKind::cosine}};

std::vector<std::string> scheduler_names() {
  std::vector<std::string> names;
  for (const auto& [name, kind] : kSchedulers) names.push_back(name);
  return names;
}

hw::ScheduleSpec read_keys(YamlSection& section, ScheduleKind kind) {
  hw::ScheduleSpec schedule;
  schedule.kind = kind;
  switch (schedule.kind) {
    case ScheduleKind::constant:
      schedule.rate = section.real("learning_rate", kRateRange);
      break;
    case ScheduleKind::step:
      schedule.rate = section.real("initial_learning_rate", kRateRange);
      schedule.interval = section.integer64("step_size", kStepRange);
      schedule.gamma = section.real("gamma", {0, 1000}, schedule.gamma);
      break;
    case ScheduleKind::warmup_linear:
      schedule.end_rate = section.real("initial_learning_rate", kRateRange, 0.0);
      schedule.rate = section.real("end_learning_rate", kRateRange);
      schedule.total_steps = section.integer64("total_iters", kStepRange);
      break;
    case ScheduleKind::cosine:
      schedule.rate = section.real("initial_learning_rate", kRateRange);
      schedule.end_rate = section.real("end_learning_rate", kRateRange, 0.0);
      schedule.total_steps = section.integer64("total_iters", kStepRange);
      break;
  }
  return schedule;
}

hw::ScheduleSpec read_scheduler(YamlSection section) {
  if (section.has("scheduler")) return read_keys(section, section.choice<ScheduleKind>("scheduler", kSchedulers));
  const std::vector<std::string> names = section.keys();
  if (names.size() != 1) {
    section.reject("scheduler", "a scheduler is {scheduler: Name, its keys} or {Name: {its keys}}");
    return {};
  }
  for (const auto& [name, kind] : kSchedulers) {
    if (name.size() != names.front().size() || edit_distance(name, names.front()) != 0) continue;
    YamlSection inside = section.section(names.front());
    return read_keys(inside, kind);
  }
  section.reject(names.front(), "no such scheduler" + suggest(names.front(), scheduler_names()));
  return {};
}

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

}  // namespace

hw::OptimizerSpec read_optimizer(YamlSection& section) {
  const RealRange momentum_range{0, 0.999999};
  hw::OptimizerSpec optimizer;
  optimizer.kind = section.choice<OptimizerKind>("optimizer_type",
                                                 {{"sgd", OptimizerKind::sgd},
                                                  {"momentum", OptimizerKind::momentum},
                                                  {"adam", OptimizerKind::adam},
                                                  {"adamw", OptimizerKind::adamw}},
                                                 OptimizerKind::adam);
  const bool is_adam = optimizer.kind == OptimizerKind::adam || optimizer.kind == OptimizerKind::adamw;
  if (is_adam) {
    section.not_used("momentum", "adam and adamw have betas instead");
    read_betas(section, optimizer);
    optimizer.epsilon = section.real("eps", {1e-30, 1}, optimizer.epsilon);
  } else {
    for (const auto* key : {"betas", "beta1", "beta2", "eps"}) section.not_used(key, "only adam and adamw use it");
    optimizer.momentum = section.real("momentum", momentum_range, optimizer.kind == OptimizerKind::sgd ? 0.0 : 0.9);
    optimizer.kind = optimizer.momentum > 0 ? OptimizerKind::momentum : OptimizerKind::sgd;
  }
  optimizer.weight_decay = section.real("weight_decay", {0, 1000}, optimizer.weight_decay);
  return optimizer;
}

hw::ScheduleSpec read_schedule(YamlSection& section) {
  if (section.is_section("learning_rate")) return read_scheduler(section.section("learning_rate"));
  if (section.is_list("learning_rate")) {
    const auto schedulers = section.sections("learning_rate");
    if (schedulers.size() != 1 && section.good("learning_rate"))
      section.reject("learning_rate", "allowed: one scheduler");
    return schedulers.empty() ? hw::ScheduleSpec{} : read_scheduler(schedulers.front());
  }
  hw::ScheduleSpec schedule;
  schedule.rate = section.real("learning_rate", kRateRange);
  return schedule;
}

hw::LossScaleSpec read_loss_scale(YamlSection& section) {
  const RealRange scale_range{1e-30, 2'147'483'648.0};
  hw::LossScaleSpec scale;
  if (!section.is_word("loss_scaling_factor")) {
    scale.initial = section.real("loss_scaling_factor", scale_range, scale.initial);
    for (const auto* key : {"initial_loss_scale", "min_loss_scale", "max_loss_scale", "steps_per_increase"}) {
      section.not_used(key, "only loss_scaling_factor: dynamic uses it");
    }
    return scale;
  }
  scale.dynamic = section.choice<bool>("loss_scaling_factor", {{"dynamic", true}});
  scale.maximum = section.real("max_loss_scale", scale_range, scale.maximum);
  scale.minimum = section.real("min_loss_scale", {scale_range.low, scale.maximum, "max_loss_scale"}, scale.minimum);
  scale.initial = section.real("initial_loss_scale", {scale.minimum, scale.maximum, "min_loss_scale to max_loss_scale"},
                               scale.maximum);
  scale.growth_interval = section.integer64("steps_per_increase", kStepRange, scale.growth_interval);
  return scale;
}

}  // namespace weft::sw
