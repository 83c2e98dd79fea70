#pragma once
// The launches of a training that is watched, as PE programs too.
#include <catch2/catch.hpp>
#include <map>

#include "sw/check/program_check.h"
#include "sw/kernels/launch_runner.h"
#include "tests/support/graph_training.h"

namespace weft::test {

/// Runs each launch as its program, which must end in the cycle of the recurrences.
class ProgramRuns final : public hw::LaunchPrograms {
 public:
  explicit ProgramRuns(hw::MachineSpec machine) : machine_(std::move(machine)) {}
  LaunchCycle run(const hw::ProgramLaunch& launch) override {
    INFO(launch.name);
    const LaunchCycle end = runner_.run(launch);
    CHECK(end == launch.end);
    ++runs[launch.kind];
    return end;
  }
  /// Watches a training, which these must outlive.
  void watch(TrainingWay& way) {
    way.watch = [this](const hw::Job& job, int system) {
      return std::make_unique<sw::ProgramCheck>(*this, job, system);
    };
  }
  std::map<hw::KernelKind, int> runs;

 private:
  hw::MachineSpec machine_;
  sw::LaunchRunner runner_{machine_, {}, {}};
};

}  // namespace weft::test
