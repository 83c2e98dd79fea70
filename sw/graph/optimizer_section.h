#pragma once
// The section `optimizer` of a model file: optimizer, clipping and loss scale.
#include "hw/spec/optimizer_spec.h"
#include "tlm/base/half.h"
#include "tlm/base/yaml_reader.h"

namespace weft::sw {

/// optimizer_type and what belongs to it. `sgd` with a momentum is the same as `momentum`.
hw::OptimizerSpec read_optimizer(YamlSection& section);

/// max_gradient_norm or max_gradient_value, and clip_timing.
hw::ClipSpec read_clip(YamlSection& section);

/// loss_scaling_factor: a number, or `dynamic` with initial_loss_scale, min_loss_scale, max_loss_scale and
/// steps_per_increase. The largest scale, where it is not said, is that of `format`.
hw::LossScaleSpec read_loss_scale(YamlSection& section, HalfFormat format);

}  // namespace weft::sw
