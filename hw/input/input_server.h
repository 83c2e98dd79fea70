#pragma once
// The input servers of one system: a group of workers that pre-process samples and stream them to it.
#include <string>
#include <vector>

#include "hw/input/sample_source.h"
#include "hw/spec/job.h"
#include "hw/spec/machine.h"
#include "tlm/block/link_port.h"
#include "tlm/block/transport.h"

namespace weft::hw {

/// Sends one samples block per stage, step and micro-batch: fp16 bits [tokens][features], then int32 labels [tokens];
/// its tag has layer, launch and chunk 0. The workers together make a batch in
/// samples / (workers * samples_per_s); a batch's production starts when the one before is made and at most
/// prefetch_batches - 1 are made, sent or on the system and not yet consumed. The system returns the tag of a samples
/// block with kind credit when the wafer has taken it, in order. Production starts after the host's command latency,
/// and, of a source that follows results, of every later step when the result of the step before is there.
/// `job`, `machine` and `source` outlive the module.
class InputServer : public sc_core::sc_module {
 public:
  /// Throws UsageError if the machine's input rates or prefetch depth are not positive.
  InputServer(const sc_core::sc_module_name& name, const Job& job, const MachineSpec& machine, int system,
              SampleSource& source, proto::Recorder& recorder);

  tlm_utils::simple_initiator_socket<InputServer> system_out;
  tlm_utils::passthrough_target_socket<InputServer> credit_in;

  /// A step's result has come to the user node, at `at`; steps in order.
  void take_result(Picosecond at);

  std::vector<proto::LimitingLink> link_records() const { return {link_.record()}; }
  /// Time that the workers need for a step.
  Picosecond step_production_ps() const { return production_ps_ * job_.micro_batches; }
  /// Empty when everything was sent and consumed.
  std::string waiting_for() const;

 private:
  void run();
  /// Of all steps begun.
  void wait_for_results();
  void send(int stage, std::int64_t step, int micro_batch);
  proto::Block::Payload samples(const proto::BlockTag& tag, std::size_t tokens, std::size_t sample_bytes) const;
  void take_credit(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);

  const Job& job_;
  SampleSource& source_;
  const int system_;
  const std::int64_t prefetch_;
  Picosecond production_ps_;  ///< of one batch
  Picosecond made_;           ///< the workers are free
  proto::Cause made_cause_;   ///< of that
  proto::LinkPort link_;
  std::vector<proto::BlockTag> outstanding_;  ///< ring of `prefetch_` tags
  std::vector<Picosecond> consumed_at_;       ///< ring of `prefetch_` times
  std::vector<proto::Cause> consumed_cause_;  ///< of those
  std::int64_t sent_ = 0, consumed_ = 0;
  std::int64_t steps_ = 0, results_ = 0;  ///< begun here; whose result is there
  Picosecond result_at_ = 0;              ///< the last
  bool done_ = false;
  sc_core::sc_event consumed_event_, result_event_;
};

}  // namespace weft::hw
