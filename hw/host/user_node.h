#pragma once
// The user node: receives the summed loss of each step and the checkpoints, and tells the observer. Passive.
#include <string>

#include "hw/host/run_observer.h"
#include "hw/spec/job.h"
#include "tlm/block/transport.h"

namespace weft::hw {

/// Loss blocks come in the order of the job's steps, micro-batches and losses; the parts of a step are added up in
/// double, those of a loss of whole samples by themselves.
/// A checkpoint is one block per layer in order (pack_layer) and a closing block (pack_run_state).
/// Anything else is a SimulationError. `job` and `observer` outlive the module.
class UserNode : public sc_core::sc_module {
 public:
  UserNode(const sc_core::sc_module_name& name, const Job& job, RunObserver& observer);

  tlm_utils::passthrough_target_socket<UserNode> memoryx_in;

  /// Steps of all stages whose loss has arrived whole.
  std::int64_t steps_done() const { return steps_done_; }
  /// The next thing that did not come; empty if every step's loss is there and no checkpoint is half done.
  std::string waiting_for() const;

 private:
  void receive(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
  void receive_loss(const proto::Block& block, Picosecond at);
  void receive_checkpoint(const proto::Block& block, Picosecond at);
  /// Moves past stages without steps.
  void skip_empty_stages();

  const Job& job_;
  RunObserver& observer_;
  StepResult partial_;  ///< the step whose losses come next
  int parts_ = 0;       ///< blocks of it that are here
  double correct_ = 0, sample_correct_ = 0;
  bool of_samples_before_ = false;  ///< the loss that came last
  std::int64_t steps_done_ = 0;
  TrainingState checkpoint_;  ///< layers of the one that is coming in
};

}  // namespace weft::hw
