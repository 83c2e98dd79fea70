#pragma once
// A system's side of its links: what has come and was not taken yet, and what it sends. Its calls are for one SystemC
// thread.
#include <deque>
#include <string>
#include <vector>

#include "hw/spec/machine.h"
#include "tlm/block/link_port.h"
#include "tlm/block/transport.h"

namespace weft::hw {

/// A block at the network interface; its last byte was there at `at`.
struct ArrivedBlock : proto::Block {
  Picosecond at = 0;
};

class SystemLinks {
 public:
  /// Within the construction of the system's module, to which the sockets then belong.
  SystemLinks(int system, const MachineSpec& machine, proto::Recorder& recorder);

  sc_core::sc_vector<tlm_utils::passthrough_target_socket_tagged<SystemLinks>> ethernet_in;  ///< per lane
  sc_core::sc_vector<tlm_utils::simple_initiator_socket<SystemLinks>> ethernet_out;
  tlm_utils::passthrough_target_socket<SystemLinks> input_in;
  tlm_utils::simple_initiator_socket<SystemLinks> input_out;  ///< credits of consumed samples

  /// The next block of its kind, once it is there, in kernel time too. Throws SimulationError if it is another than
  /// that of `due`: stage, step and micro-batch of samples, the whole tag of weights.
  ArrivedBlock step_begin(const proto::BlockTag& due);
  ArrivedBlock samples(const proto::BlockTag& due);
  ArrivedBlock weights(const proto::BlockTag& due);

  /// Up on the tag's lane, ready at `ready`, for the launch `work`. A credit is a small control frame: it takes the
  /// cable's latency and no link time.
  void send_up(proto::Block block, Picosecond ready, const proto::WorkOf& work);
  /// The samples of `tag` have been taken.
  void credit_samples(proto::BlockTag tag, proto::Cause cause, Picosecond at);

  std::vector<proto::LimitingLink> records() const;
  /// Empty: for nothing.
  const std::string& waiting_for() const { return waiting_; }
  void wait_for_nothing() { waiting_.clear(); }

 private:
  void receive(int lane, tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
  void receive_samples(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
  void keep(std::deque<ArrivedBlock>& queue, proto::Block block, const sc_core::sc_time& delay);
  /// A step of its own: when a run ends, the thread may stay in next() for ever, and what its stack then held would be
  /// lost.
  void expect(const std::string& what);
  ArrivedBlock next(std::deque<ArrivedBlock>& queue);

  const int system_;
  Picosecond cable_ps_;
  std::vector<proto::LinkPort> up_;
  std::vector<std::deque<ArrivedBlock>> weights_;  ///< per lane
  std::deque<ArrivedBlock> samples_, step_begins_;
  sc_core::sc_event arrived_;
  std::string waiting_;
};

}  // namespace weft::hw
