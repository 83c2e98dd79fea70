#pragma once
// The norm of all gradients of a training step together, and what they are multiplied by because of it. No SystemC.
#include <cstdint>
#include <vector>

#include "hw/spec/optimizer_spec.h"
#include "tlm/base/units.h"

namespace weft::hw {

/// Each weight server squares and adds its chunks as they arrive; the sums go over the network to one of them and the
/// factor comes back. Sums are kept per chunk and added in the order of layers and chunks, in double precision: the
/// result does not depend on the order of arrival.
class GradientNorm {
 public:
  /// `chunks`: of each layer; `exchange`: from the last server's sum to the factor's arrival at every server.
  GradientNorm(const ClipSpec& clip, std::vector<int> chunks, Picosecond exchange);

  /// Clipping by the norm is asked for.
  bool clips() const { return clip_.max_norm > 0; }
  /// The sum of a chunk's squares, known at its server at `at`. Each chunk once a step.
  void add(int layer, int chunk, double squares, Picosecond at);
  /// Every chunk is in.
  bool known() const { return missing_ == 0; }

  // Precondition: known().
  double norm() const { return norm_; }
  /// max_norm / (norm + 1e-6), at most 1, as torch.nn.utils.clip_grad_norm_; NaN where the norm is.
  float factor() const;
  /// Every server has the factor.
  Picosecond at() const { return last_at_ + exchange_; }
  /// The last chunk's sum was there.
  Picosecond last_at() const { return last_at_; }

  /// The step is over: every chunk is missing again.
  void next_step();

 private:
  ClipSpec clip_;
  Picosecond exchange_, last_at_ = 0;
  std::vector<std::vector<double>> squares_;
  int chunks_ = 0, missing_ = 0;
  double norm_ = 0;
};

/// Sum of the squares of `count` values times `unscale`, in their order.
double sum_of_squares(const float* values, std::int64_t count, float unscale);

}  // namespace weft::hw
