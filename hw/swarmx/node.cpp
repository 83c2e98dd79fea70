#include "hw/swarmx/node.h"

#include <fmt/format.h>

#include "tlm/block/work_of.h"

namespace weft::hw {

using proto::Block;
using proto::BlockKind;

SwarmxNode::SwarmxNode(const sc_core::sc_module_name& module_name, const MachineSpec& machine, int children,
                       SwarmxPlace place, const GradientWire& wire, proto::Recorder& recorder)
    : sc_module(module_name),
      parent_in("parent_in"),
      parent_out("parent_out"),
      child_out("child_out", children),
      child_in("child_in", children),
      node_latency_ps_(machine.swarmx.node_latency_ps),
      link_latency_ps_(machine.swarmx.link_latency_ps),
      reduction_(name(), children, wire),
      up_(fmt::format("{}.up", name()), place.root ? "swarmx_to_memoryx" : "swarmx_to_swarmx_up",
          proto::Limiter::ethernet_up, machine.io.ethernet_gbps, link_latency_ps_, recorder) {
  parent_in.register_b_transport(this, &SwarmxNode::broadcast);
  down_.reserve(children);
  for (int child = 0; child < children; ++child) {
    child_in[child].register_b_transport(this, &SwarmxNode::reduce, child);
    down_.emplace_back(fmt::format("{}.down{}", name(), child), place.leaf ? "swarmx_to_csx" : "swarmx_to_swarmx_down",
                       proto::Limiter::ethernet_down, machine.io.ethernet_gbps, link_latency_ps_, recorder);
  }
}

void SwarmxNode::broadcast(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
  const std::optional<Block> block = proto::take(transaction);
  if (!block) return;
  const Picosecond ready = proto::absolute_ps(delay) + node_latency_ps_;
  const proto::Cause passed = block->cause.then(proto::Limiter::swarmx, proto::work_of(block->tag), ready);
  for (std::size_t child = 0; child < down_.size(); ++child) {
    Block copy{block->tag, block->payload, passed};
    const Picosecond at = down_[child].send(ready, copy.tag, copy.bytes(), copy.cause);
    proto::send(child_out[child], copy, at);
  }
}

void SwarmxNode::reduce(int child, tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
  std::optional<Block> block = proto::take(transaction);
  if (!block) return;
  Reduced reduced;
  if (!reduction_.deliver(child, std::move(*block), proto::absolute_ps(delay), reduced)) return;
  Block& sum = reduced.block;
  const Picosecond ready = reduced.at + node_latency_ps_;
  Picosecond at = ready + link_latency_ps_;
  sum.cause = std::move(sum.cause).then(proto::Limiter::swarmx, proto::work_of(sum.tag), ready);
  if (sum.tag.kind == BlockKind::credit)
    sum.cause = std::move(sum.cause).then(proto::Limiter::ethernet_up, proto::work_of(sum.tag), at);
  else
    at = up_.send(ready, sum.tag, sum.bytes(), sum.cause);
  proto::send(parent_out, sum, at);
}

std::vector<proto::LimitingLink> SwarmxNode::link_records() const {
  std::vector<proto::LimitingLink> records = {up_.record()};
  for (const proto::LinkPort& port : down_) records.push_back(port.record());
  return records;
}

}  // namespace weft::hw
