#pragma once
// MemoryX: holds all parameters and optimizer state, streams weights layer by layer, updates each layer as soon as
// its summed gradient is back, passes losses and checkpoints to the user node.
#include <functional>
#include <string>
#include <vector>

#include "hw/memoryx/credit_window.h"
#include "hw/memoryx/parameter_store.h"
#include "hw/memoryx/read_clock.h"
#include "hw/memoryx/update_book.h"
#include "hw/memoryx/weight_server.h"
#include "hw/spec/job.h"
#include "hw/spec/machine.h"
#include "hw/spec/placement.h"
#include "hw/spec/run_control.h"
#include "hw/spec/train_steps.h"
#include "hw/spec/training_state.h"
#include "tlm/block/link_port.h"
#include "tlm/block/transport.h"

namespace weft::hw {

/// One thread issues the job's weight streams in order; chunk by chunk it waits for room in the systems' edge buffer
/// (credits) and for the layer's version, then reads, converts to halves and sends on the chunk's lane. Issue times
/// never go back. The receive side acts in the calls of SwarmX. A step opens with step_begin (StepOpening) on
/// lane 0. A checkpoint stops the next stream until all state is collected, not until
/// it has crossed the host link. `job`, `machine`, `control` and `recorder` outlive the module.
class MemoryX : public sc_core::sc_module {
 public:
  /// `initial` has the layers of the job by name; optimizer state that is not in it starts at zero.
  /// Throws UsageError if it does not match the job or the state does not fit the servers.
  MemoryX(const sc_core::sc_module_name& name, const Job& job, const MachineSpec& machine, const TrainingState& initial,
          RunControl& control, proto::Recorder& recorder);

  /// Tokens without a label of a step over all systems, by stage and step: a training step's gradients are divided by
  /// those that have one. Who makes the samples knows; asked when the step begins. Not said: all have one.
  std::function<std::int64_t(int stage, std::int64_t step)> unlabelled;

  sc_core::sc_vector<tlm_utils::simple_initiator_socket<MemoryX>> lane_out;  ///< per Ethernet lane, to SwarmX
  sc_core::sc_vector<tlm_utils::passthrough_target_socket_tagged<MemoryX>> lane_in;
  tlm_utils::simple_initiator_socket<MemoryX> user_out;  ///< to the user node

  /// Parameters and optimizer state as they are now.
  TrainingState state() const;
  /// Training steps done before the run and in it.
  std::int64_t global_step() const { return job_.first_step + updates_.steps_decided(); }
  /// The job, or as much of it as the run control allowed, is done and every loss has been passed on.
  bool finished() const { return sequence_done_ && losses_passed_ == losses_due_; }
  /// Empty if finished.
  std::string waiting_for() const;
  std::vector<proto::LimitingLink> link_records() const;
  const std::vector<proto::UpdateRecord>& updates() const { return updates_.records(); }
  const std::vector<proto::ClipRecord>& clips() const { return updates_.clip_records(); }
  /// In the run's first step, of the weight server that works longest: reading; summing and updating.
  Picosecond step_read_ps() const { return step_read_; }
  Picosecond step_optimize_ps() const;

 private:
  void run();
  bool run_step(int stage, std::int64_t step);
  void begin_step(int stage, std::int64_t step);
  void stream(proto::BlockTag tag, KernelKind kind);
  void send_chunk(const proto::BlockTag& tag, KernelKind kind, const StreamShape& shape);
  void send(const proto::BlockTag& tag, proto::Block::Payload payload, Picosecond ready, proto::Cause cause);
  void wait_for_updates();
  /// Training steps of the whole job.
  std::int64_t train_steps() const { return train_steps_before(job_, static_cast<int>(job_.stages.size())); }
  bool checkpoint_due() const;
  void checkpoint(int stage, std::int64_t step);
  void send_to_user(const proto::BlockTag& tag, proto::Block::Payload payload, Picosecond ready, proto::Cause cause);
  void receive(int lane, tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);

  const Job& job_;
  RunControl& control_;
  const Bytes chunk_bytes_;
  Placement placement_;
  ParameterStore store_;
  std::vector<WeightServer> servers_;
  UpdateBook updates_;
  CreditWindow window_;
  std::vector<proto::LinkPort> lanes_;
  proto::LinkPort user_link_;
  ReadClock reads_;
  std::vector<int> last_stream_;       ///< per layer: its last weight-consuming training launch
  std::int64_t train_started_ = 0;     ///< training steps whose streams were all sent
  std::int64_t last_checkpoint_ = -1;  ///< in training steps of this run
  Picosecond step_read_ = 0;
  std::int64_t losses_due_ = 0, losses_passed_ = 0;
  bool sequence_done_ = false;
  bool at_begin_of_step_ = false;  ///< none of its streams was begun
  std::string waiting_;
  sc_core::sc_event progress_;  ///< a credit or a gradient came
};

}  // namespace weft::hw
