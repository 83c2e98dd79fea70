#include "rtl/cosim/tile_array.h"

#include <fmt/format.h>

#include <algorithm>

#include "hw/pe/edge_player.h"
#include "tlm/base/error.h"

namespace weft::rtl {

namespace {

// An edge between a tile's pins and an EdgePlayer: room that it gives is told in the cycle before it may be used.
class EdgePins {
 public:
  EdgePins(const hw::RouterSpec& spec, const hw::ArrayEdge& edge) : player_(spec, edge) {}

  LinkWires drive(Cycle now, hw::EdgeRun& run) {
    LinkWires wires;
    if (player_.next() <= now) {
      wires.wavelet = pack(player_.send(now));
      run.entered.push_back(now);
    }
    for (auto& [color, usable] : promised_) {
      if (usable.empty() || usable.front() != now + 1) continue;
      wires.room |= 1U << color;
      usable.erase(usable.begin());
    }
    return wires;
  }

  void sample(const LinkWires& wires, Cycle now, int hop, hw::EdgeRun& run) {
    if (is_valid(wires.wavelet)) {
      const hw::Wavelet wavelet = unpack(wires.wavelet);
      run.left.push_back({now, wavelet});
      promised_[wavelet.color].push_back(player_.take(wavelet.color, now + hop));
    }
    for (std::uint32_t room = wires.room, color = 0; room != 0; room >>= 1, ++color)
      if (room & 1) player_.give_credit(static_cast<int>(color), now + 1);
  }

  bool exhausted() const { return player_.exhausted(); }
  /// It will send or give room later.
  Cycle next() const {
    Cycle next = player_.next();
    for (const auto& [color, usable] : promised_)
      if (!usable.empty()) next = std::min(next, usable.front());
    return next;
  }

 private:
  hw::EdgePlayer player_;
  std::map<int, std::vector<Cycle>> promised_;  ///< by color, ascending
};

/// Cycles without any wire moving after which nothing can move any more: everything inside is shorter.
Cycle patience(const hw::MachineSpec& machine, const hw::ArraySetup& setup) {
  int longest = 0;
  for (const hw::Program& program : setup.programs)
    for (const hw::Instruction& instruction : program.code) longest = std::max<int>(longest, instruction.count);
  return longest + 4 * (machine.router.ramp_cycles + machine.pe.vector_fill_cycles + machine.pe.task_dispatch_cycles) +
         machine.pe.vector_issue_cycles + machine.pe.scalar_cycles + machine.pe.control_cycles;
}

}  // namespace

TileArray::TileArray(const hw::MachineSpec& machine) : machine_(machine) { tiles_.emplace_back(machine_); }

hw::ArrayRun TileArray::run(const hw::ArraySetup& setup, bool slots) {
  const std::size_t count = setup.programs.size();
  while (tiles_.size() < count) tiles_.emplace_back(machine_);
  hw::ArrayRun run;
  run.pes.resize(count);
  run.edges.resize(setup.edges.size());
  std::vector<hw::LinkEnd> ends;
  std::vector<EdgePins> edges;
  for (const hw::ArrayEdge& edge : setup.edges) edges.emplace_back(machine_.router, edge);
  for (std::size_t at = 0; at < count; ++at) {
    const int x = static_cast<int>(at) % setup.width, y = static_cast<int>(at) / setup.width;
    try {
      hw::validate(setup.programs[at], machine_);
    } catch (const UsageError& error) {
      throw UsageError(fmt::format("PE ({}, {}): {}", x, y, error.what()));
    }
    tiles_[at].load(setup.programs[at], setup.memories[at]);
    for (int link = 0; link < hw::link_count; ++link)
      ends.push_back(hw::behind(setup, x, y, static_cast<hw::Port>(link)));
  }
  for (std::size_t at = 0; at < count; ++at) tiles_[at].launch();

  std::vector<LinkWires> wires(ends.size());
  std::vector<unsigned> running(count);
  Cycle moved = 0;
  const Cycle quiet = patience(machine_, setup);
  for (Cycle now = 0;; ++now) {
    bool busy = false;
    for (std::size_t at = 0; at < count; ++at) {
      for (std::size_t link = 0; link < hw::link_count; ++link) {
        const LinkWires out = tiles_[at].output(static_cast<int>(link));
        wires[at * hw::link_count + link] = out;
        busy |= out.wavelet != 0 || out.room != 0;
        run.hops += is_valid(out.wavelet);
      }
      const Probe probe = tiles_[at].probe();
      busy |= probe.valid;
      if (probe.valid && slots) {
        hw::CoreSlot slot{now, probe.thread, probe.instruction, probe.took, probe.sent, {}};
        if (probe.sent) slot.wavelet = tiles_[at].sent();
        run.pes[at].slots.push_back(slot);
      }
      if (tiles_[at].fault())
        throw SimulationError(fmt::format("PE ({}, {}): the tile reports a fault in cycle {}",
                                          static_cast<int>(at) % setup.width, static_cast<int>(at) / setup.width, now));
      const unsigned still = tiles_[at].running();
      for (int thread = 0; thread < hw::thread_count; ++thread) {
        if ((running[at] & ~still) >> thread & 1) run.pes[at].end[static_cast<std::size_t>(thread)] = now;
      }
      busy |= still != running[at];
      running[at] = still;
    }
    Cycle later = hw::never;
    for (std::size_t at = 0; at < count; ++at) {
      for (std::size_t link = 0; link < hw::link_count; ++link) {
        const std::size_t index = at * hw::link_count + link;
        const hw::LinkEnd end = ends[index];
        if (end.pe >= 0) {
          const auto from = static_cast<std::size_t>(end.pe) * hw::link_count +
                            static_cast<std::size_t>(hw::opposite(static_cast<hw::Port>(link)));
          tiles_[at].drive(static_cast<int>(link), wires[from]);
          continue;
        }
        const auto edge = static_cast<std::size_t>(end.edge);
        const LinkWires in = edges[edge].drive(now, run.edges[edge]);
        busy |= in.wavelet != 0 || in.room != 0;
        tiles_[at].drive(static_cast<int>(link), in);
        edges[edge].sample(wires[index], now, machine_.router.hop_cycles, run.edges[edge]);
        later = std::min(later, edges[edge].next());
      }
    }
    if (busy) moved = now;
    if (later == hw::never && now - moved > quiet) break;
    for (std::size_t at = 0; at < count; ++at) tiles_[at].tick();
    tile_cycles_ += static_cast<std::int64_t>(count);
  }
  run.finished = true;
  for (std::size_t at = 0; at < count; ++at) {
    run.finished = run.finished && running[at] == 0;
    run.pes[at].memory = tiles_[at].memory();
    for (const Cycle end : run.pes[at].end) run.end = std::max(run.end, end);
  }
  for (const EdgePins& edge : edges) run.finished = run.finished && edge.exhausted();
  return run;
}

}  // namespace weft::rtl
