#pragma once
// One broadcast-reduce element of SwarmX on one lane: copies what comes from above to each child, sums what comes
// from the children. Passive: it acts in the calls of its neighbours and keeps time by its links' recurrences.
#include <string>
#include <vector>

#include "hw/spec/machine.h"
#include "hw/swarmx/reduction.h"
#include "tlm/block/link_port.h"
#include "tlm/block/transport.h"

namespace weft::hw {

/// Place of a node in its tree, for the classes of its links.
struct SwarmxPlace {
  bool root = false;  ///< its parent is MemoryX
  bool leaf = false;  ///< its children are systems
};

/// Store and forward per block: whole block in, node latency, then serialised on each child's link (one copy each,
/// the payload shared) or, upwards, on the parent's link. A credit is a small control frame with priority over data:
/// it takes node and link latency and no link time.
class SwarmxNode : public sc_core::sc_module {
 public:
  SwarmxNode(const sc_core::sc_module_name& name, const MachineSpec& machine, int children, SwarmxPlace place,
             const GradientWire& wire, proto::Recorder& recorder);

  tlm_utils::passthrough_target_socket<SwarmxNode> parent_in;
  tlm_utils::simple_initiator_socket<SwarmxNode> parent_out;
  sc_core::sc_vector<tlm_utils::simple_initiator_socket<SwarmxNode>> child_out;
  sc_core::sc_vector<tlm_utils::passthrough_target_socket_tagged<SwarmxNode>> child_in;

  std::vector<proto::LimitingLink> link_records() const;
  /// Empty if nothing is half reduced.
  std::string waiting_for() const { return reduction_.waiting_for(); }
  const LayerLosses& losses() const { return reduction_.losses(); }

 private:
  void broadcast(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
  void reduce(int child, tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);

  Picosecond node_latency_ps_, link_latency_ps_;
  Reduction reduction_;
  proto::LinkPort up_;
  std::vector<proto::LinkPort> down_;
};

}  // namespace weft::hw
