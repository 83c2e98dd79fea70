#include "hw/memoryx/optimizer.h"

#include <algorithm>
#include <cmath>

namespace weft::hw {

namespace {

/// A NaN compares false and stays.
float ready(const GradientScale& scale, float gradient) {
  return std::min(std::max(gradient * scale.unscale * scale.clip, -scale.limit), scale.limit);
}

void adam(const OptimizerSpec& optimizer, std::int64_t step, double rate, GradientScale scale, float* __restrict w,
          const float* __restrict g, float* __restrict average, float* __restrict square, std::size_t count) {
  const bool decoupled = optimizer.kind == OptimizerKind::adamw;
  const auto b1 = static_cast<float>(optimizer.beta1), b2 = static_cast<float>(optimizer.beta2);
  const auto rest1 = static_cast<float>(1.0 - optimizer.beta1), rest2 = static_cast<float>(1.0 - optimizer.beta2);
  const double correction1 = 1.0 - std::pow(optimizer.beta1, static_cast<double>(step));
  const double correction2 = 1.0 - std::pow(optimizer.beta2, static_cast<double>(step));
  const auto size = static_cast<float>(rate / correction1);
  const auto root = static_cast<float>(std::sqrt(correction2));
  const auto epsilon = static_cast<float>(optimizer.epsilon);
  const float decay = decoupled ? 0.0F : static_cast<float>(optimizer.weight_decay);
  const float keep = decoupled ? static_cast<float>(1.0 - rate * optimizer.weight_decay) : 1.0F;
  for (std::size_t i = 0; i < count; ++i) {
    const float weight = w[i] * keep;
    const float gradient = ready(scale, g[i]) + decay * weight;
    average[i] = average[i] * b1 + gradient * rest1;
    square[i] = square[i] * b2 + rest2 * gradient * gradient;
    w[i] = weight - size * average[i] / (std::sqrt(square[i]) / root + epsilon);
  }
}

void sgd(const OptimizerSpec& optimizer, double rate, GradientScale scale, float* __restrict w,
         const float* __restrict g, std::size_t count) {
  const auto size = static_cast<float>(rate), decay = static_cast<float>(optimizer.weight_decay);
  for (std::size_t i = 0; i < count; ++i) w[i] -= size * (ready(scale, g[i]) + decay * w[i]);
}

void sgd_with_momentum(const OptimizerSpec& optimizer, bool first_step, double rate, GradientScale scale,
                       float* __restrict w, const float* __restrict g, float* __restrict buffer, std::size_t count) {
  const auto size = static_cast<float>(rate), decay = static_cast<float>(optimizer.weight_decay);
  const auto momentum = static_cast<float>(optimizer.momentum);
  const auto taken = static_cast<float>(first_step ? 1.0 : 1.0 - optimizer.dampening);
  for (std::size_t i = 0; i < count; ++i) {
    const float gradient = ready(scale, g[i]) + decay * w[i];
    buffer[i] = buffer[i] * momentum + taken * gradient;
    w[i] -= size * (optimizer.nesterov ? gradient + momentum * buffer[i] : buffer[i]);
  }
}

}  // namespace

void optimizer_update(const OptimizerSpec& optimizer, std::int64_t step, double rate, const GradientScale& scale,
                      float* w, const float* g, float* first, float* second, std::size_t count) {
  switch (optimizer.kind) {
    case OptimizerKind::sgd:
      return sgd(optimizer, rate, scale, w, g, count);
    case OptimizerKind::momentum:
      return sgd_with_momentum(optimizer, step == 1, rate, scale, w, g, first, count);
    case OptimizerKind::adam:
    case OptimizerKind::adamw:
      return adam(optimizer, step, rate, scale, w, g, first, second, count);
  }
}

}  // namespace weft::hw
