#pragma once
// SwarmX: per Ethernet lane a tree of broadcast-reduce nodes between MemoryX and the systems.
#include <memory>
#include <string>
#include <vector>

#include "hw/spec/machine.h"
#include "hw/swarmx/node.h"
#include "tlm/block/joints.h"

namespace weft::hw {

/// Bind, per lane: MemoryX's down initiator to memoryx_in, memoryx_out to MemoryX's up target; and per system:
/// system_out to its down target, its up initiator to system_in.
class Swarmx : public sc_core::sc_module {
 public:
  /// Throws UsageError if the machine's fan-out is below 2.
  /// `share`: one node a level, with one child, stands for its level; see Job::share_systems.
  /// `wire`: of gradients. `joints` joins the nodes.
  Swarmx(const sc_core::sc_module_name& name, const MachineSpec& machine, int systems, bool share,
         const GradientWire& wire, proto::Recorder& recorder, proto::Joints& joints = proto::Joints::direct());

  tlm_utils::passthrough_target_socket<SwarmxNode>& memoryx_in(int lane) { return root(lane).parent_in; }
  tlm_utils::simple_initiator_socket<SwarmxNode>& memoryx_out(int lane) { return root(lane).parent_out; }
  tlm_utils::simple_initiator_socket<SwarmxNode>& system_out(int lane, int system) {
    return leaf(lane, system).child_out[system % fan_out_];
  }
  tlm_utils::passthrough_target_socket_tagged<SwarmxNode>& system_in(int lane, int system) {
    return leaf(lane, system).child_in[system % fan_out_];
  }

  int lanes() const { return static_cast<int>(lanes_.size()); }
  int levels() const { return static_cast<int>(lanes_.front().size()); }
  /// Nodes of one lane's tree, those that others stand for included; so too the records.
  int nodes() const;
  std::vector<proto::LimitingLink> link_records() const;
  /// First half-reduced block; empty if there is none.
  std::string waiting_for() const;
  /// What the nodes' sums of gradients lost.
  LayerLosses losses() const;

 private:
  std::vector<proto::LimitingLink> records_of_all(const std::vector<proto::LimitingLink>& shared) const;
  using Level = std::vector<std::unique_ptr<SwarmxNode>>;

  SwarmxNode& root(int lane) { return *lanes_.at(lane).back().front(); }
  SwarmxNode& leaf(int lane, int system) { return *lanes_.at(lane).front().at(system / fan_out_); }

  int fan_out_, systems_;
  bool share_;
  std::vector<int> shape_;                 ///< nodes per level
  std::vector<std::vector<Level>> lanes_;  ///< [lane][level][node]
};

}  // namespace weft::hw
