#pragma once
// The whole machine: the only place that knows all blocks and joins their sockets.
#include <memory>
#include <string>
#include <vector>

#include "hw/csx/csx.h"
#include "hw/host/run_observer.h"
#include "hw/host/user_node.h"
#include "hw/input/input_server.h"
#include "hw/input/sample_source.h"
#include "hw/memoryx/memoryx.h"
#include "hw/spec/run_control.h"
#include "hw/swarmx/swarmx.h"
#include "tlm/block/joints.h"

namespace weft::hw {

/// `plan`, `control`, `observer`, `source` and `recorder` outlive the cluster; `joints` joins the sockets of its
/// blocks. One cluster per process (SystemC).
class Cluster : public sc_core::sc_module {
 public:
  Cluster(const sc_core::sc_module_name& name, const SystemPlan& plan, const TrainingState& initial,
          SampleSource& source, RunControl& control, RunObserver& observer, proto::Recorder& recorder,
          proto::Joints& joints = proto::Joints::direct());

  /// Runs to the end of the job, of the step after which the control said no more, or to where it left a step.
  /// Throws SimulationError that says who waits for what when nothing can happen any more before that.
  void run();

  const MemoryX& memoryx() const { return memoryx_; }
  /// Time in which the input servers of a system make the samples of a step.
  Picosecond step_production_ps() const { return inputs_.front()->step_production_ps(); }
  const UserNode& user_node() const { return user_; }
  const CsX& system(int index) const { return *systems_[static_cast<std::size_t>(index)]; }
  int systems() const { return static_cast<int>(systems_.size()); }
  std::vector<proto::LimitingLink> link_records() const;
  std::string waiting_for() const;
  /// What the nodes' sums of gradients lost.
  LayerLosses swarmx_losses() const { return swarmx_.losses(); }

 private:
  /// Between the user node and who observes it: the input servers learn that a result is there, too.
  class Results final : public RunObserver {
   public:
    /// Both outlive it.
    Results(RunObserver& observer, const std::vector<std::unique_ptr<InputServer>>& inputs)
        : observer_(observer), inputs_(inputs) {}
    void on_step(const StepResult& result) override;
    void on_checkpoint(const TrainingState& state, Picosecond at) override { observer_.on_checkpoint(state, at); }

   private:
    RunObserver& observer_;
    const std::vector<std::unique_ptr<InputServer>>& inputs_;
  };

  RunControl& control_;
  Results results_;
  UserNode user_;
  MemoryX memoryx_;
  Swarmx swarmx_;
  int copies_;  ///< systems that system 0 stands for, besides itself
  std::vector<std::unique_ptr<CsX>> systems_;
  std::vector<std::unique_ptr<InputServer>> inputs_;
};

}  // namespace weft::hw
