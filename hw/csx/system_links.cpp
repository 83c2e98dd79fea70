#include "hw/csx/system_links.h"

#include <fmt/format.h>

#include <algorithm>

#include "tlm/base/error.h"
#include "tlm/block/describe.h"

namespace weft::hw {

using proto::Block;
using proto::BlockKind;
using proto::BlockTag;

SystemLinks::SystemLinks(int system, const MachineSpec& machine, proto::Recorder& recorder)
    : ethernet_in("ethernet_in", static_cast<std::size_t>(machine.io.ethernet_links)),
      ethernet_out("ethernet_out", static_cast<std::size_t>(machine.io.ethernet_links)),
      input_in("input_in"),
      input_out("input_out"),
      system_(system),
      cable_ps_(machine.swarmx.link_latency_ps),
      weights_(static_cast<std::size_t>(machine.io.ethernet_links)) {
  for (int lane = 0; lane < machine.io.ethernet_links; ++lane) {
    ethernet_in[static_cast<std::size_t>(lane)].register_b_transport(this, &SystemLinks::receive, lane);
    up_.emplace_back(fmt::format("cluster.system{}.lane{}.up", system, lane), "system_to_swarmx",
                     proto::Limiter::ethernet_up, machine.io.ethernet_gbps, cable_ps_, recorder);
  }
  input_in.register_b_transport(this, &SystemLinks::receive_samples);
}

void SystemLinks::receive(int lane, tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
  std::optional<Block> block = proto::take(transaction);
  if (!block) return;
  switch (block->tag.kind) {
    case BlockKind::step_begin:
      return keep(step_begins_, std::move(*block), delay);
    case BlockKind::weights:
      return keep(weights_[static_cast<std::size_t>(lane)], std::move(*block), delay);
    default:
      throw SimulationError(fmt::format("system {} cannot take {}", system_, proto::describe(block->tag)));
  }
}

void SystemLinks::receive_samples(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
  if (std::optional<Block> block = proto::take(transaction)) keep(samples_, std::move(*block), delay);
}

void SystemLinks::keep(std::deque<ArrivedBlock>& queue, Block block, const sc_core::sc_time& delay) {
  queue.push_back({std::move(block), proto::absolute_ps(delay)});
  arrived_.notify(sc_core::SC_ZERO_TIME);
}

void SystemLinks::expect(const std::string& what) { waiting_ = fmt::format("system {} waits for {}", system_, what); }

ArrivedBlock SystemLinks::next(std::deque<ArrivedBlock>& queue) {
  while (queue.empty()) wait(arrived_);
  ArrivedBlock arrival = std::move(queue.front());
  queue.pop_front();
  const sc_core::sc_time at = proto::delay_until(std::max(arrival.at, proto::absolute_ps(sc_core::SC_ZERO_TIME)));
  if (at > sc_core::SC_ZERO_TIME) wait(at);
  return arrival;
}

ArrivedBlock SystemLinks::step_begin(const BlockTag& due) {
  expect(fmt::format("the begin of stage {} step {}", due.stage, due.step));
  return next(step_begins_);
}

ArrivedBlock SystemLinks::samples(const BlockTag& due) {
  expect(fmt::format("the samples of stage {} step {} micro-batch {}", due.stage, due.step, due.micro_batch));
  ArrivedBlock arrival = next(samples_);
  if (arrival.tag.stage != due.stage || arrival.tag.step != due.step || arrival.tag.micro_batch != due.micro_batch)
    throw SimulationError(fmt::format("system {} took {} out of turn", system_, proto::describe(arrival.tag)));
  return arrival;
}

ArrivedBlock SystemLinks::weights(const BlockTag& due) {
  expect(proto::describe(due));
  ArrivedBlock arrival = next(weights_[static_cast<std::size_t>(due.lane)]);
  if (!proto::same_block(arrival.tag, due))
    throw SimulationError(
        fmt::format("system {} took {} instead of {}", system_, proto::describe(arrival.tag), proto::describe(due)));
  return arrival;
}

void SystemLinks::send_up(Block block, Picosecond ready, const proto::WorkOf& work) {
  const auto lane = static_cast<std::size_t>(block.tag.lane);
  Picosecond at = ready + cable_ps_;
  if (block.bytes() > 0)
    at = up_[lane].send(ready, block.tag, block.bytes(), block.cause);
  else
    block.cause = std::move(block.cause).then(proto::Limiter::ethernet_up, work, at);
  proto::send(ethernet_out[lane], block, at);
}

void SystemLinks::credit_samples(BlockTag tag, proto::Cause cause, Picosecond at) {
  tag.kind = BlockKind::credit;
  proto::send(input_out, {tag, nullptr, std::move(cause)}, at);
}

std::vector<proto::LimitingLink> SystemLinks::records() const {
  std::vector<proto::LimitingLink> records;
  for (const proto::LinkPort& port : up_) records.push_back(port.record());
  return records;
}

}  // namespace weft::hw
