#pragma once
// Cycles counted from different begins, as types of their own: no instant of one can be taken for one of another.
#include "tlm/base/units.h"

namespace weft {

/// The difference of two instants of one origin is a length, a Cycle. `Origin`: a name, never defined.
template <typename Origin>
class Instant {
 public:
  constexpr Instant() = default;
  explicit constexpr Instant(Cycle since_origin) : since_(since_origin) {}

  /// The bare number: for books and files, and on the way to another origin.
  constexpr Cycle since() const { return since_; }
  constexpr Instant operator+(Cycle later) const { return Instant(since_ + later); }
  constexpr Instant operator-(Cycle earlier) const { return Instant(since_ - earlier); }
  constexpr Cycle operator-(Instant other) const { return since_ - other.since_; }
  constexpr Instant& operator+=(Cycle later) {
    since_ += later;
    return *this;
  }
  constexpr bool operator==(Instant other) const { return since_ == other.since_; }
  constexpr bool operator!=(Instant other) const { return since_ != other.since_; }
  constexpr bool operator<(Instant other) const { return since_ < other.since_; }
  constexpr bool operator>(Instant other) const { return since_ > other.since_; }
  constexpr bool operator<=(Instant other) const { return since_ <= other.since_; }
  constexpr bool operator>=(Instant other) const { return since_ >= other.since_; }

 private:
  Cycle since_ = 0;
};

/// Absolute: of the wafer's clock since the run began.
using RunCycle = Instant<struct RunBegin>;
/// Since the launch that is meant began.
using LaunchCycle = Instant<struct LaunchBegin>;
/// Since the cycle of its launch that an engine's times of 32 bits are told from (hw/csx/matrix_timer.h): its begin,
/// but where long waits are left out or a kept state is gone on from.
using EngineCycle = Instant<struct EngineOrigin>;
/// Since the origin of a state of a lane that is kept (hw/fast_forward/launch_memo.h).
using StateCycle = Instant<struct StateOrigin>;

}  // namespace weft
