#include "sw/compiler/network_walk.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "hw/swarmx/tree_shape.h"

namespace weft::sw {

namespace {

/// Groups that MemoryX's window should hold, so that they flow as chunks do.
constexpr int groups_under_way = 8;

}  // namespace

NetworkWalk::NetworkWalk(const hw::Job& job, const hw::MachineSpec& machine)
    : job_(job), machine_(machine), placement_(job, machine), books_(job.layers.size()) {
  for (std::size_t layer = 0; layer < books_.size(); ++layer)
    books_[layer].parts = job.micro_batches * job.sharers(static_cast<int>(layer));
  for (int server = 0; server < placement_.servers(); ++server) servers_.emplace_back(job, machine, placement_, server);
  const std::size_t hops = 1 + hw::swarmx_levels(job.systems, machine.swarmx.fan_out).size();
  const proto::Link link(machine.io.ethernet_gbps, machine.swarmx.link_latency_ps);
  down_.assign(static_cast<std::size_t>(placement_.lanes()), std::vector<proto::Link>(hops, link));
  up_ = down_;
}

std::vector<ChunkGroup> NetworkWalk::groups(int layer, const hw::StreamShape& shape, int most) const {
  const int chunks = shape.chunks();
  int together = 1;
  const int stripe = placement_.striped() ? std::lcm(placement_.servers(), placement_.lanes()) : 1;
  if (chunks > most) {
    const Bytes window = machine_.io.edge_buffer_bytes / groups_under_way;
    const auto fit = static_cast<int>(std::min<Bytes>(window / std::max<Bytes>(1, shape.chunk_bytes(0)), chunks));
    together = std::min<int>(ceil_div(ceil_div(chunks, most), stripe) * stripe, fit / stripe * stripe);
    together = std::max(together, 1);
  }
  std::vector<ChunkGroup> groups;
  for (int first = 0; first < chunks; first += together) {
    const int last = std::min(first + together, chunks), round = shape.chunk_first_round(first);
    ChunkGroup& group = groups.emplace_back();
    group.layer = layer;
    group.rounds = shape.chunk_first_round(last - 1) + shape.chunk_rounds(last - 1) - round;
    group.elements = shape.elements_before(round + group.rounds) - shape.elements_before(round);
    group.bytes = group.on_link = group.on_hop = group.elements * shape.element_bytes;
    group.server = placement_.server(layer, first);
    if (together == 1) continue;
    group.on_hop = shape.chunk_bytes(first);
    if (!placement_.striped()) continue;
    group.elements = ceil_div(group.elements, placement_.servers());
    group.on_link = ceil_div(group.bytes, std::min(placement_.lanes(), placement_.servers()));
  }
  return groups;
}

void NetworkWalk::begin_step() {
  if (job_.loss_scale.dynamic) issue_ = std::max(issue_, decided_at_);
  squares_missing_ = 0;
  for (const LayerBook& book : books_) squares_missing_ += book.groups;
  if (job_.clip.max_norm > 0) norm_at_ = 0;
}

// Each node stores what it sends on.
Picosecond NetworkWalk::along(std::vector<std::vector<proto::Link>>& links, const ChunkGroup& group, Picosecond at) {
  std::vector<proto::Link>& hops = links[static_cast<std::size_t>(placement_.lane_of_server(group.server))];
  at = hops.front().send(at, group.on_link);
  for (std::size_t hop = 1; hop < hops.size(); ++hop)
    at = hops[hop].send(at + machine_.swarmx.node_latency_ps, group.on_hop);
  return at;
}

Picosecond NetworkWalk::send(const ChunkGroup& group, hw::KernelKind kind) {
  while (used_ > 0 && used_ + group.bytes > machine_.io.edge_buffer_bytes) {
    issue_ = std::max(issue_, under_way_.front().returned);
    used_ -= under_way_.front().bytes;
    under_way_.pop_front();
  }
  hw::WeightServer& server = servers_[static_cast<std::size_t>(group.server)];
  const Picosecond ready = hw::consumes_weights(kind)
                               ? server.read(issue_, group.layer, group.elements, hw::kernel_of(kind).by_input)
                               : server.read_indices(issue_, group.layer, group.elements);
  read_done_ = std::max(read_done_, ready);
  return along(down_, group, ready);
}

void NetworkWalk::taken(const ChunkGroup& group, Picosecond at) {
  const hw::SwarmxSpec& swarmx = machine_.swarmx;
  const auto nodes = static_cast<Picosecond>(up_.front().size() - 1);
  under_way_.push_back(
      {group.bytes, at + swarmx.link_latency_ps + nodes * (swarmx.node_latency_ps + swarmx.link_latency_ps)});
  used_ += group.bytes;
}

void NetworkWalk::read(int layer) {
  book(layer).read = true;
  book(layer).read_at = read_done_;
  advance(layer);
}

void NetworkWalk::gradient(const ChunkGroup& group, Picosecond at) {
  Arrived arrived{group, along(up_, group, at)};
  hw::WeightServer& server = servers_[static_cast<std::size_t>(group.server)];
  LayerBook& of = book(group.layer);
  const int part = of.come++ / of.groups;
  if (of.parts > 1) arrived.at = server.accumulate(arrived.at, group.layer, group.elements, part == 0);
  if (part + 1 < of.parts) return;
  if (job_.clip.max_norm > 0) square(arrived);
  of.arrived.push_back(arrived);
  of.whole.push_back(arrived);
  if (job_.clip.max_norm > 0 && squares_missing_ == 0) {
    for (int layer = 0; layer < static_cast<int>(books_.size()); ++layer) advance(layer);
  } else {
    advance(group.layer);
  }
}

void NetworkWalk::square(Arrived& arrived) {
  hw::WeightServer& server = servers_[static_cast<std::size_t>(arrived.group.server)];
  arrived.at =
      server.square(arrived.at, arrived.group.layer, arrived.group.elements, book(arrived.group.layer).parts == 1);
  norm_at_ = std::max(norm_at_, arrived.at + 2 * machine_.swarmx.link_latency_ps);
  --squares_missing_;
}

void NetworkWalk::update(LayerBook& book, const Arrived& arrived, Picosecond from) {
  hw::WeightServer& server = servers_[static_cast<std::size_t>(arrived.group.server)];
  const Picosecond end = server.update(std::max(from, arrived.at), arrived.group.layer, arrived.group.elements);
  book.version_at = std::max(book.version_at, end);
  ++book.updated;
}

// The cases of hw/memoryx/update_book.h, in time alone.
void NetworkWalk::advance(int layer) {
  LayerBook& of = book(layer);
  if (!of.read) return;
  if (job_.clip.max_norm > 0) {
    if (job_.clip.timing == hw::ClipTiming::speculative)
      for (const Arrived& arrived : std::exchange(of.whole, {}))
        servers_[static_cast<std::size_t>(arrived.group.server)].update_keeping_old(std::max(of.read_at, arrived.at),
                                                                                    layer, arrived.group.elements);
    if (squares_missing_ > 0) return;
    for (const Arrived& arrived : of.arrived) update(of, arrived, std::max(of.read_at, norm_at_));
  } else {
    Picosecond from = of.read_at;
    if (job_.loss_scale.dynamic) {
      if (static_cast<int>(of.whole.size()) < of.groups) return;
      for (const Arrived& arrived : of.whole) from = std::max(from, arrived.at);
    }
    for (const Arrived& arrived : std::exchange(of.whole, {})) update(of, arrived, from);
  }
  if (of.updated == of.groups) decide(of);
}

void NetworkWalk::decide(LayerBook& book) {
  decided_at_ = std::max(decided_at_, book.version_at);
  book.updated = book.come = 0;
  book.read = false;
  book.arrived.clear();
  book.whole.clear();
}

}  // namespace weft::sw
