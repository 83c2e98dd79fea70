#include "hw/swarmx/reduction.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "tlm/base/error.h"
#include "tlm/block/describe.h"

namespace weft::hw {

using proto::Block;
using proto::BlockKind;
using proto::BlockTag;

Reduction::Reduction(std::string node, int children, GradientWire wire)
    : node_(std::move(node)), children_(children), wire_(wire) {
  for (Queue& queue : queues_) queue.delivered.assign(children, 0);
}

Reduction::Queue& Reduction::queue_of(const BlockTag& tag, int child) {
  switch (tag.kind) {
    case BlockKind::gradient:
      return queues_[0];
    case BlockKind::loss:
      return queues_[1];
    case BlockKind::credit:
      return queues_[2];
    default:
      throw SimulationError(
          fmt::format("{}: child {} sent {}, which does not travel upwards", node_, child, describe(tag)));
  }
}

bool Reduction::deliver(int child, Block block, Picosecond at, Reduced& reduced) {
  const BlockTag& tag = block.tag;
  Queue& queue = queue_of(tag, child);
  const auto bytes = static_cast<std::size_t>(block.bytes());
  const auto position = static_cast<std::size_t>(queue.delivered[child] - queue.completed);
  if (position > 0 && same_block(queue.pending[position - 1].tag, tag))
    throw SimulationError(fmt::format("{}: child {} sent {} twice", node_, child, describe(tag)));
  if (position == queue.pending.size()) {
    queue.pending.push_back({tag, std::vector<Block::Payload>(children_), bytes, 0, 0, {}});
  }
  Pending& pending = queue.pending[position];
  if (!same_block(pending.tag, tag))
    throw SimulationError(fmt::format("{}: child {} sent {} where another child sent {}", node_, child, describe(tag),
                                      describe(pending.tag)));
  if (pending.bytes != bytes || bytes % static_cast<std::size_t>(wire_of(tag).element_bytes()) != 0)
    throw SimulationError(fmt::format("{}: child {} sent {} with {} bytes where another child sent {}", node_, child,
                                      describe(tag), bytes, pending.bytes));
  pending.parts[child] = std::move(block.payload);
  if (pending.arrived == 0 || at > pending.at) {
    pending.at = at;
    pending.cause = std::move(block.cause);
  }
  ++pending.arrived;
  ++queue.delivered[child];
  if (pending.arrived < children_) return false;
  reduced = {{pending.tag, sum(pending.tag, pending.parts), std::move(pending.cause)}, pending.at};
  queue.pending.pop_front();
  ++queue.completed;
  return true;
}

Block::Payload Reduction::sum(const BlockTag& tag, const std::vector<Block::Payload>& parts) {
  if (parts.size() == 1 || !parts.front() || !parts.front()->has_bytes()) return parts.front();
  const GradientWire wire = wire_of(tag);
  auto total = std::make_shared<proto::PayloadBytes>(parts.front()->size());
  const std::size_t count = total->size() / static_cast<std::size_t>(wire.element_bytes());
  sums_.resize(count);
  part_.resize(count);
  wire.take(parts.front()->data(), count, sums_.data());
  for (std::size_t part = 1; part < parts.size(); ++part) {
    wire.take(parts[part]->data(), count, part_.data());
    for (std::size_t i = 0; i < count; ++i) sums_[i] += part_[i];
  }
  const HalfLosses lost = wire.put(sums_.data(), count, total->data());
  if (lost.values > 0) add_losses(losses_, tag.layer, lost);
  return total;
}

std::string Reduction::waiting_for() const {
  for (const Queue& queue : queues_) {
    if (queue.pending.empty()) continue;
    const Pending& first = queue.pending.front();
    std::string missing;
    for (int child = 0; child < children_; ++child)
      if (queue.delivered[child] == queue.completed) missing += fmt::format("{}{}", missing.empty() ? "" : ", ", child);
    return fmt::format("{} waits for {} from {} of {} children ({})", node_, describe(first.tag),
                       children_ - first.arrived, children_, missing);
  }
  return "";
}

}  // namespace weft::hw
