#pragma once
// The launches of a step by what they cost: one stands for all that take the same time.
#include <cstdint>
#include <vector>

#include "sw/compiler/planner.h"

namespace weft::sw {

/// A kernel on layers of one shape takes the same time wherever it stands in the step, so each mapping that is tried
/// costs a prediction a kind, not one a launch.
class LaunchKinds {
 public:
  /// `layers` must outlive it. `train`: with what only training needs (dropout). `wire`: of gradients.
  LaunchKinds(const std::vector<hw::MatrixLayer>& layers, std::vector<hw::Launch> launches, bool train,
              const hw::GradientWire& wire);

  const std::vector<hw::Launch>& launches() const { return launches_; }

  /// Predicts one launch of each kind on `mapping`. False as soon as the launches of a micro-batch, `gap` behind each,
  /// take `limit` cycles or more (0: none): products first, which have a closed form, line kernels then, each a column
  /// that is played.
  bool predict(const hw::MachineSpec& machine, const hw::Mapping& mapping, int tokens, Cycle gap = 0, Cycle limit = 0);

  /// Cycles of a micro-batch, `gap` behind each launch. Precondition: predict() was true.
  Cycle total(Cycle gap) const;
  /// Every launch, in order.
  std::vector<PlannedLaunch> all() const;

 private:
  PlannedLaunch predicted(const hw::Launch& launch, const hw::MachineSpec& machine, const hw::Mapping& mapping,
                          int tokens) const;

  const std::vector<hw::MatrixLayer>& layers_;
  std::vector<hw::Launch> launches_;
  std::vector<std::size_t> kind_of_;  ///< of each launch
  std::vector<PlannedLaunch> kinds_;
  std::vector<std::int64_t> count_;  ///< launches of each kind
  bool train_;
  hw::GradientWire wire_;
};

}  // namespace weft::sw
