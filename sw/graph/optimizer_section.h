#pragma once
// The section `optimizer` of a model file: optimizer, learning-rate schedule and loss scale.
#include "hw/spec/job.h"
#include "tlm/base/yaml_reader.h"

namespace weft::sw {

/// optimizer_type and what belongs to it. `sgd` with a momentum is the same as `momentum`.
hw::OptimizerSpec read_optimizer(YamlSection& section);

/// learning_rate: a number, a scheduler, or a list of one: {scheduler: Name, its keys} or {Name: {its keys}}; letters'
/// case and a final LR do not count:
///   constant       learning_rate
///   step           initial_learning_rate, step_size, gamma
///   linear         initial_learning_rate (0), end_learning_rate (the plateau), total_iters
///   cosine         initial_learning_rate, end_learning_rate (0), total_iters
hw::ScheduleSpec read_schedule(YamlSection& section);

/// loss_scaling_factor: a number, or `dynamic` with initial_loss_scale, min_loss_scale, max_loss_scale and
/// steps_per_increase.
hw::LossScaleSpec read_loss_scale(YamlSection& section);

}  // namespace weft::sw
