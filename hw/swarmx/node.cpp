#include "hw/swarmx/node.h"

#include <fmt/format.h>

#include "tlm/block/work_of.h"

namespace weft::hw {

using proto::Block;
using proto::BlockKind;

SwarmxNode::SwarmxNode(const sc_core::sc_module_name& module_name, const MachineSpec& machine, int children,
                       SwarmxPlace place, proto::Recorder& recorder)
    : sc_module(module_name),
      parent_in("parent_in"),
      parent_out("parent_out"),
      child_out("child_out", children),
      child_in("child_in", children),
      node_latency_ps_(machine.swarmx.node_latency_ps),
      link_latency_ps_(machine.swarmx.link_latency_ps),
      reduction_(name(), children),
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
  const Block& block = Block::of(transaction);
  const Picosecond ready = proto::absolute_ps(delay) + node_latency_ps_;
  const proto::Cause passed = block.cause().then(proto::Limiter::swarmx, proto::work_of(block.tag()), ready);
  for (std::size_t child = 0; child < down_.size(); ++child) {
    proto::Cause arrived = passed;
    const Picosecond at = down_[child].send(ready, block.tag(), block.bytes(), arrived);
    Block::arrives(transaction, std::move(arrived));
    sc_core::sc_time child_delay = proto::delay_until(at);
    child_out[child]->b_transport(transaction, child_delay);
  }
  transaction.set_response_status(tlm::TLM_OK_RESPONSE);
}

void SwarmxNode::reduce(int child, tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
  Reduced reduced;
  const bool complete = reduction_.deliver(child, Block::of(transaction), proto::absolute_ps(delay), reduced);
  transaction.set_response_status(tlm::TLM_OK_RESPONSE);
  if (!complete) return;
  const Picosecond ready = reduced.at + node_latency_ps_;
  Picosecond at = ready + link_latency_ps_;
  proto::Cause why = std::move(reduced.cause).then(proto::Limiter::swarmx, proto::work_of(reduced.tag), ready);
  if (reduced.tag.kind == BlockKind::credit)
    why = std::move(why).then(proto::Limiter::ethernet_up, proto::work_of(reduced.tag), at);
  else
    at = up_.send(ready, reduced.tag, static_cast<Bytes>(reduced.payload ? reduced.payload->size() : 0), why);
  Block sum(reduced.tag, std::move(reduced.payload), std::move(why));
  sc_core::sc_time up_delay = proto::delay_until(at);
  parent_out->b_transport(sum.transaction(), up_delay);
}

std::vector<proto::LimitingLink> SwarmxNode::link_records() const {
  std::vector<proto::LimitingLink> records = {up_.record()};
  for (const proto::LinkPort& port : down_) records.push_back(port.record());
  return records;
}

}  // namespace weft::hw
