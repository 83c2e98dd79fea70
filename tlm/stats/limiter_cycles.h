#pragma once
// Cycles by what held them up.
#include <array>
#include <numeric>

#include "tlm/base/units.h"
#include "tlm/stats/limiter.h"

namespace weft::proto {

class LimiterCycles {
 public:
  Cycle& of(Limiter limiter) { return cycles_[static_cast<std::size_t>(limiter)]; }
  Cycle of(Limiter limiter) const { return cycles_[static_cast<std::size_t>(limiter)]; }
  Cycle total() const { return std::accumulate(cycles_.begin(), cycles_.end(), Cycle{0}); }
  /// Adds `times` times those of `other`.
  void add(const LimiterCycles& other, Cycle times = 1) {
    for (std::size_t which = 0; which < cycles_.size(); ++which) cycles_[which] += times * other.cycles_[which];
    if (other.rest_ != Limiter::queues) rest_ = other.rest_;
  }
  /// What holds up more cycles than these; the fabric's queues where it is not said.
  void say_rest(Limiter rest) { rest_ = rest; }
  /// In the same shares, adding up to `total`; what more than the whole there is, to the rest's. What is below 0 counts
  /// nothing. Whole cycles: the largest remainders are rounded up.
  LimiterCycles shared_out(Cycle total) const;

 private:
  std::array<Cycle, limiters> cycles_{};
  Limiter rest_ = Limiter::queues;
};

}  // namespace weft::proto
