#pragma once
// The factor of the first delta, see LossScaleSpec.
#include <algorithm>
#include <cmath>
#include <cstdint>

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

/// No infinity and no NaN among `count` values.
inline bool all_finite(const float* values, std::int64_t count) {
  bool finite = true;
  for (std::int64_t i = 0; i < count; ++i) finite &= std::isfinite(values[i]);
  return finite;
}

}  // namespace weft::hw
