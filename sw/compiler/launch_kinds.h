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
  /// `layers` must outlive it. `train`: with what only training needs (dropout).
  LaunchKinds(const std::vector<hw::MatrixLayer>& layers, std::vector<hw::Launch> launches, bool train);

  const std::vector<hw::Launch>& launches() const { return launches_; }

  /// Predicts all kinds but the loss, which is then 0: it takes longest to predict and is a small part of most steps.
  void predict_all_but_loss(const hw::MachineSpec& machine, const hw::Mapping& mapping, int tokens);
  /// As before, for the same mapping.
  void predict_loss(const hw::MachineSpec& machine, const hw::Mapping& mapping, int tokens);

  /// Cycles of a micro-batch, `gap` behind each launch.
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
};

}  // namespace weft::sw
