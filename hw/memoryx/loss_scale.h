#pragma once
// The factor of the first delta, see LossScaleSpec.
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "hw/spec/job.h"

namespace weft::hw {

class LossScale {
 public:
  /// `scale` and `finite_steps` continue an earlier run; a static scale is the specification's.
  LossScale(const LossScaleSpec& spec, double scale, std::int64_t finite_steps)
      : spec_(spec), scale_(spec.dynamic ? scale : spec.initial), finite_steps_(finite_steps) {}

  double scale() const { return scale_; }
  std::int64_t finite_steps() const { return finite_steps_; }

  /// A training step is done; `finite` if all its gradients were.
  void step_done(bool finite) {
    if (!spec_.dynamic) return;
    if (!finite) {
      scale_ = std::max(spec_.minimum, scale_ / 2);
      finite_steps_ = 0;
    } else if (++finite_steps_ == spec_.growth_interval) {
      scale_ = std::min(spec_.maximum, scale_ * 2);
      finite_steps_ = 0;
    }
  }

 private:
  LossScaleSpec spec_;
  double scale_;
  std::int64_t finite_steps_;
};

/// No infinity and no NaN among `count` values: no exponent of ones. In integers, so that it becomes vectors.
inline bool all_finite(const float* values, std::int64_t count) {
  constexpr std::uint32_t size_bits = 0x7fffffff, infinity = 0x7f800000;
  std::uint32_t largest = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    std::uint32_t bits;
    std::memcpy(&bits, values + i, sizeof bits);
    largest = std::max(largest, bits & size_bits);
  }
  return largest < infinity;
}

}  // namespace weft::hw
