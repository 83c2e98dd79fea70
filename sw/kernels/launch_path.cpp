#include "sw/kernels/launch_path.h"

#include <fmt/format.h>

#include <algorithm>

#include "hw/pe/vector_operations.h"
#include "tlm/base/error.h"

namespace weft::sw {

using hw::Held;
using hw::Opcode;
using hw::Port;
using Place = PathSpot::Place;

namespace {

PathSpot spot_of(std::size_t at, Place place) { return {static_cast<std::int32_t>(at), place}; }
PathSpot spot_of(std::size_t pe, Port port) { return spot_of(pe, static_cast<Place>(port)); }
std::size_t index(Port port) { return static_cast<std::size_t>(port); }

}  // namespace

LaunchPath::Queue LaunchPath::room(int depth) {
  Queue room(depth);
  while (!room.full()) room.push({});
  return room;
}

LaunchPath::LaunchPath(const hw::MachineSpec& machine, const hw::ArraySetup& setup, hw::KernelKind kind)
    : machine_(machine), setup_(setup), kind_(kind), pes_(setup.programs.size()), edges_(setup.edges.size()) {
  const hw::RouterSpec& router = machine.router;
  for (std::size_t at = 0; at < pes_.size(); ++at) {
    const hw::Program& program = setup.programs[at];
    for (const auto& [color, route] : program.routes) {
      Way& way = pes_[at].ways[color];
      const auto depth = program.input_depths.find(color);
      for (int port = 0; port < hw::port_count; ++port) {
        const bool ramp = port >= hw::link_count;
        const int core = depth == program.input_depths.end() ? router.input_queue : depth->second;
        way.queues.emplace_back(ramp ? router.output_queue : router.link_queue);
        way.rooms.push_back(room(ramp ? core : router.link_queue));
      }
    }
    for (int color = 0; color < router.colors; ++color) {
      const bool used = pes_[at].ways.count(color) > 0;
      pes_[at].core.inputs.emplace_back(used ? router.input_queue : 0);
      pes_[at].core.rooms.push_back(room(used ? router.output_queue : 0));
    }
    const auto width = static_cast<std::size_t>(setup.width);
    for (int link = 0; link < hw::link_count; ++link) {
      const auto port = static_cast<Port>(link);
      const hw::LinkEnd end = behind(setup, static_cast<int>(at % width), static_cast<int>(at / width), port);
      if (end.edge < 0) continue;
      Edge& edge = edges_[static_cast<std::size_t>(end.edge)];
      edge.pe = at;
      edge.link = port;
      for (int color = 0; color < router.colors; ++color) edge.rooms.push_back(room(router.link_queue));
    }
  }
}

void LaunchPath::unexplained(std::size_t pe, const char* what, Cycle now) const {
  throw SimulationError(fmt::format("PE ({}, {}), cycle {}: {} that waited for nothing",
                                    pe % static_cast<std::size_t>(setup_.width),
                                    pe / static_cast<std::size_t>(setup_.width), now, what));
}

PathSpot LaunchPath::link_into(std::size_t pe, Port port) const {
  if (port == Port::ramp) return spot_of(pe, Place::ramp);
  const auto width = static_cast<std::size_t>(setup_.width);
  const hw::LinkEnd end = behind(setup_, static_cast<int>(pe % width), static_cast<int>(pe / width), port);
  return end.edge >= 0 ? spot_of(static_cast<std::size_t>(end.edge), Place::edge)
                       : spot_of(static_cast<std::size_t>(end.pe), opposite(port));
}

void LaunchPath::give_behind(std::size_t pe, Port port, int color, const Timed& room) {
  const auto width = static_cast<std::size_t>(setup_.width);
  const hw::LinkEnd end = behind(setup_, static_cast<int>(pe % width), static_cast<int>(pe / width), port);
  if (end.edge >= 0) {
    edges_[static_cast<std::size_t>(end.edge)].rooms[static_cast<std::size_t>(color)].push(room);
  } else {
    pes_[static_cast<std::size_t>(end.pe)].ways.at(color).rooms[index(opposite(port))].push(room);
  }
}

// router_model.h: at the head, at its switch, with room, and no lower color in the way.
LaunchPath::Event LaunchPath::why(std::size_t pe, const hw::RouterDeparture& departure) const {
  const Cycle now = departure.at;
  const Way& way = pes_[pe].ways.at(departure.wavelet.color);
  const Timed& head = way.queues[index(departure.from)].front();
  if (head.at == now) return head.event.then(Limiter::fabric_link, link_into(pe, departure.from), now);
  const auto out = [&](const auto& visit) {
    for (std::size_t port = 0; port < hw::port_count; ++port)
      if (departure.to >> port & 1) visit(port, spot_of(pe, static_cast<Port>(port)));
  };
  if (way.after.at == now) {
    PathSpot spot = link_into(pe, departure.from);
    out([&](std::size_t, const PathSpot& link) { spot = link; });
    return way.after.event.then(Limiter::fabric_link, spot, now);
  }
  Event found;
  bool any = false;
  out([&](std::size_t port, const PathSpot& spot) {
    const Timed& room = way.rooms[port].front();
    if (any || room.at != now) return;
    any = true;
    found = room.event.then(Limiter::queues, spot, now);
  });
  if (any) return found;
  out([&](std::size_t port, const PathSpot& spot) {
    const Timed& before = pes_[pe].last[port];
    if (any || before.at + 1 != now) return;
    any = true;
    found = before.event.then(Limiter::fabric_link, spot, now);
  });
  if (!any) unexplained(pe, "a wavelet left", now);
  return found;
}

void LaunchPath::departed(std::size_t pe, const hw::RouterDeparture& departure) {
  const Cycle now = departure.at, ramp = machine_.router.ramp_cycles;
  const int color = departure.wavelet.color;
  departed_ = why(pe, departure);
  Way& way = pes_[pe].ways.at(color);
  way.queues[index(departure.from)].pop();
  way.after = {now + 1, departed_};
  if (departure.from == Port::ramp) {
    pes_[pe].core.rooms[static_cast<std::size_t>(color)].push({now + ramp, departed_});
  } else {
    give_behind(pe, departure.from, color, {now + 1, departed_});
  }
  const auto width = static_cast<std::size_t>(setup_.width);
  for (std::size_t port = 0; port < hw::port_count; ++port) {
    if (!(departure.to >> port & 1)) continue;
    way.rooms[port].pop();
    pes_[pe].last[port] = {now, departed_};
    const auto to = static_cast<Port>(port);
    if (to == Port::ramp) {
      pes_[pe].core.inputs[static_cast<std::size_t>(color)].push({now + ramp, departed_});
      continue;
    }
    const hw::LinkEnd end = behind(setup_, static_cast<int>(pe % width), static_cast<int>(pe / width), to);
    if (end.edge < 0)
      pes_[static_cast<std::size_t>(end.pe)].ways.at(color).queues[index(opposite(to))].push(
          {now + machine_.router.hop_cycles, departed_});
  }
}

void LaunchPath::left(std::size_t number, int color, Cycle usable) {
  Edge& edge = edges_[number];
  // What left at once waits for nothing but its way; else the edge was at work on what had left before.
  const Cycle handed_on = usable - 1;
  const bool at_once = handed_on == departed_.at() + machine_.router.hop_cycles;
  edge.handed_on =
      (at_once ? departed_ : edge.handed_on).then(Limiter::edge_out, spot_of(number, Place::edge), handed_on);
  pes_[edge.pe].ways.at(color).rooms[index(edge.link)].push({usable, edge.handed_on});
}

void LaunchPath::entered(std::size_t number, Cycle now) {
  Edge& edge = edges_[number];
  const hw::TimedWavelet& word = setup_.edges[number].source[edge.sent++];
  const auto color = static_cast<std::size_t>(word.wavelet.color);
  const PathSpot spot = spot_of(number, Place::edge);
  const Timed& room = edge.rooms[color].front();
  Event event;
  if (word.at == now) {
    event = Event().then(Limiter::edge_in, spot, now);
  } else if (edge.after.at == now) {
    event = edge.after.event.then(Limiter::edge_in, spot, now);
  } else if (room.at == now) {
    event = room.event.then(Limiter::queues, spot, now);
  } else {
    unexplained(edge.pe, "a word from the edge", now);
  }
  edge.rooms[color].pop();
  edge.after = {now + 1, event};
  pes_[edge.pe].ways.at(word.wavelet.color).queues[index(edge.link)].push({now + machine_.router.hop_cycles, event});
}

proto::Limiter LaunchPath::limiter_of(const hw::Instruction& instruction) const {
  switch (instruction.opcode) {
    case Opcode::drain:
    case Opcode::drain16:
      return Limiter::pe_sum;
    case Opcode::store16:
    case Opcode::store32:
      return hw::kernel_of(kind_).form == hw::KernelForm::load ? Limiter::pe_issue : Limiter::pe_sum;
    case Opcode::add32:
    case Opcode::sub32:
    case Opcode::mul32:
    case Opcode::max32:
      return instruction.fabric_in ? Limiter::pe_sum : Limiter::pe_arithmetic;
    case Opcode::halt:
    case Opcode::loop:
    case Opcode::call:
    case Opcode::send16:
    case Opcode::send32:
    case Opcode::list16:
      return Limiter::pe_issue;
    default:
      return Limiter::pe_arithmetic;
  }
}

LaunchPath::Event LaunchPath::after(const Done& done, Limiter rest, Cycle now) const {
  if (!done.instruction) return done.event.then(rest, done.spot, now);
  const Limiter limiter = limiter_of(*done.instruction);
  Event event = done.event;
  const Cycle until = std::min(done.until, now);
  if (limiter == Limiter::pe_arithmetic)
    event = std::move(event).then(Limiter::pe_issue, done.spot,
                                  done.issued ? std::min(until, event.at() + machine_.pe.vector_issue_cycles) : until);
  return std::move(event).then(limiter, done.spot, until).then(rest, done.spot, now);
}

// What let a task begin: a wavelet that starts it, or the end of another.
LaunchPath::Event LaunchPath::task_begin(std::size_t pe, const hw::CoreSlot& slot, const PathSpot& spot) const {
  const Core& core = pes_[pe].core;
  Event latest;
  for (const Done& done : core.last)
    if (done.instruction && done.until > latest.at()) latest = after(done, Limiter::pe_issue, done.until);
  for (const hw::Task& task : setup_.programs[pe].tasks) {
    if (!task.has_color() || task.entry != slot.instruction || task.thread != slot.thread) continue;
    const Queue& heads = core.inputs[static_cast<std::size_t>(task.source)];
    if (!heads.empty() && heads.front().at <= slot.at && heads.front().at > latest.at())
      latest = heads.front().event.then(Limiter::fabric_link, spot_of(pe, Place::ramp), heads.front().at);
  }
  return std::move(latest).then(Limiter::pe_issue, spot, slot.at);
}

LaunchPath::Event LaunchPath::why(std::size_t pe, const hw::CoreSlot& slot, const PathSpot& spot) const {
  const Core& core = pes_[pe].core;
  const Cycle now = slot.at;
  const auto thread = static_cast<std::size_t>(slot.thread), other = 1 - thread;
  const Done& own = core.last[thread];
  switch (slot.held) {
    case Held::wavelet: {
      const Timed& head = core.inputs[static_cast<std::size_t>(slot.taken)].front();
      if (!slot.took || head.at != now) unexplained(pe, "a slot of the core", now);
      return head.event.then(Limiter::fabric_link, spot_of(pe, Place::ramp), now);
    }
    case Held::room: {
      const Timed& room = core.rooms[slot.wavelet.color].front();
      if (!slot.sent || room.at != now) unexplained(pe, "a slot of the core", now);
      return room.event.then(Limiter::queues, spot_of(pe, Place::ramp), now);
    }
    case Held::ready:
      return after(core.vector[thread], Limiter::pe_issue, now);
    case Held::start:
      return task_begin(pe, slot, spot);
    default:
      if (own.until != now && core.last[other].instruction && core.last[other].until == now)
        return after(core.last[other], Limiter::pe_issue, now);
      return after(own, own.until < now ? Limiter::pe_sum : Limiter::pe_issue, now);  // cycles that sums took
  }
}

PathSpot::Place LaunchPath::place_of(const hw::CoreSlot& slot, const hw::Instruction& instruction) {
  if (slot.thread == 1) return Place::receiver;
  return instruction.opcode == Opcode::axpy_memory || instruction.opcode == Opcode::outer_memory ? Place::owner
                                                                                                 : Place::main;
}

void LaunchPath::acted(std::size_t pe, const hw::CoreSlot& slot) {
  const Cycle now = slot.at, ramp = machine_.router.ramp_cycles;
  const auto thread = static_cast<std::size_t>(slot.thread);
  const hw::Instruction& instruction = setup_.programs[pe].code[static_cast<std::size_t>(slot.instruction)];
  const PathSpot spot = spot_of(pe, place_of(slot, instruction));
  const Event event = why(pe, slot, spot);
  Core& core = pes_[pe].core;
  core.last[thread] = {event, slot.until, &instruction, slot.issues, spot};
  if (slot.issues) core.vector[thread] = core.last[thread];
  core.free[thread] = slot.until;
  if (thread == 1 && core.free[0] > now) core.free[0] += slot.until - now;
  if (slot.took) {
    core.inputs[static_cast<std::size_t>(slot.taken)].pop();
    pes_[pe].ways.at(slot.taken).rooms[index(Port::ramp)].push({now + ramp, event});
  }
  if (!slot.sent) return;
  core.rooms[slot.wavelet.color].pop();
  pes_[pe].ways.at(slot.wavelet.color).queues[index(Port::ramp)].push({now + 1 + ramp, event});
}

std::string LaunchPath::text(const PathSpot& spot, int first_column, int first_row) const {
  const int width = setup_.width, height = setup_.height;
  if (spot.place == Place::edge) {
    if (spot.at < width) return fmt::format("north edge, column {}", spot.at + first_column);
    if (spot.at < 2 * width) return fmt::format("south edge, column {}", spot.at - width + first_column);
    const int row = spot.at - 2 * width;
    return row < height ? fmt::format("east edge, row {}", row + first_row)
                        : fmt::format("west edge, row {}", row - height + first_row);
  }
  static constexpr const char* places[] = {
      "link north of ", "link east of ", "link south of ", "link west of ", "ramp of ", "", "receiver of ", "owner "};
  return fmt::format("{}PE ({}, {})", places[static_cast<std::size_t>(spot.place)], spot.at % width + first_column,
                     spot.at / width + first_row);
}

std::vector<proto::LaunchExplanation::Part> LaunchPath::parts(int first_column, int first_row) const {
  const Done* last = nullptr;
  Cycle end = 0;
  for (const Pe& pe : pes_)
    for (std::size_t thread = 0; thread < hw::thread_count; ++thread)
      if (pe.core.free[thread] > end) {
        end = pe.core.free[thread];
        last = &pe.core.last[thread];
      }
  if (!last) return {};
  std::map<std::pair<Limiter, PathSpot>, Cycle> sums;
  after(*last, Limiter::pe_sum, end).walk(0, [&](Limiter limiter, const PathSpot& spot, Cycle from, Cycle to) {
    sums[{limiter, spot}] += to - from;
  });
  std::vector<proto::LaunchExplanation::Part> parts;
  parts.reserve(sums.size());
  for (const auto& [key, cycles] : sums)
    parts.push_back({key.first, text(key.second, first_column, first_row), cycles});
  std::stable_sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.cycles > b.cycles; });
  return parts;
}

}  // namespace weft::sw
