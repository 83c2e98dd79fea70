#include "hw/pe/array_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "hw/pe/agenda.h"
#include "hw/pe/edge_player.h"
#include "hw/pe/pe_model.h"
#include "tlm/base/error.h"

namespace weft::hw {

namespace {

class ArrayModel {
 public:
  ArrayModel(const MachineSpec& machine, const ArraySetup& setup, bool slots)
      : setup_(setup), hop_(machine.router.hop_cycles), keep_slots_(slots) {
    for (int y = 0; y < setup.height; ++y) {
      for (int x = 0; x < setup.width; ++x) {
        const std::size_t at = pes_.size();
        pes_.push_back(at_pe(x, y, [&] { return PeModel(machine, setup.programs[at], setup.memories[at]); }));
        for (int link = 0; link < link_count; ++link) links_.push_back(behind(setup, x, y, static_cast<Port>(link)));
      }
    }
    edge_link_.resize(setup.edges.size());
    for (std::size_t link = 0; link < links_.size(); ++link)
      if (links_[link].edge >= 0) edge_link_[static_cast<std::size_t>(links_[link].edge)] = link;
    for (const ArrayEdge& edge : setup.edges) edges_.emplace_back(machine.router, edge);
    scheduled_.assign(pes_.size() + edges_.size(), never);
    run_.edges.resize(edges_.size());
    run_.pes.resize(pes_.size());
  }

  ArrayRun run() {
    for (std::size_t node = 0; node < scheduled_.size(); ++node) schedule(node);
    while (agenda_.next(nodes_)) {
      const Cycle now = agenda_.now();
      for (const std::size_t node : nodes_) {
        if (scheduled_[node] != now) continue;
        if (node < pes_.size()) {
          act_pe(node, now);
        } else {
          act_edge(node - pes_.size(), now);
        }
        scheduled_[node] = never;
        schedule(node);
      }
    }
    finish();
    return std::move(run_);
  }

 private:
  template <typename Action>
  auto at_pe(int x, int y, const Action& action) -> decltype(action()) {
    try {
      return action();
    } catch (const UsageError& error) {
      throw UsageError(fmt::format("PE ({}, {}): {}", x, y, error.what()));
    } catch (const SimulationError& error) {
      throw SimulationError(fmt::format("PE ({}, {}): {}", x, y, error.what()));
    }
  }

  void schedule(std::size_t node) {
    const Cycle next = node < pes_.size() ? pes_[node].next() : edges_[node - pes_.size()].next();
    if (next == scheduled_[node]) return;
    scheduled_[node] = next;
    if (next != never) agenda_.add(next, node);
  }

  void act_pe(std::size_t at, Cycle now) {
    const int x = static_cast<int>(at) % setup_.width, y = static_cast<int>(at) / setup_.width;
    events_.departures.clear();
    events_.slots.clear();
    at_pe(x, y, [&] { pes_[at].act(now, events_); });
    for (const RouterDeparture& departure : events_.departures) {
      const int color = departure.wavelet.color;
      if (departure.from != Port::ramp) credit_behind(at, departure.from, color, now + 1);
      for (int link = 0; link < link_count; ++link)
        if (departure.to >> link & 1) deliver(at, static_cast<Port>(link), departure, now);
    }
    if (keep_slots_) run_.pes[at].slots.insert(run_.pes[at].slots.end(), events_.slots.begin(), events_.slots.end());
  }

  LinkEnd end_of(std::size_t at, Port link) const {
    return links_[at * link_count + static_cast<std::size_t>(index_of(link))];
  }

  void credit_behind(std::size_t at, Port link, int color, Cycle usable) {
    const LinkEnd end = end_of(at, link);
    if (end.edge >= 0) {
      edges_[static_cast<std::size_t>(end.edge)].give_credit(color, usable);
      schedule(pes_.size() + static_cast<std::size_t>(end.edge));
    } else {
      pes_[static_cast<std::size_t>(end.pe)].give_credit(opposite(link), color, usable);
      schedule(static_cast<std::size_t>(end.pe));
    }
  }

  void deliver(std::size_t at, Port link, const RouterDeparture& departure, Cycle now) {
    ++run_.hops;
    const LinkEnd end = end_of(at, link);
    if (end.edge >= 0) {
      const auto edge = static_cast<std::size_t>(end.edge);
      run_.edges[edge].left.push_back({now, departure.wavelet});
      pes_[at].give_credit(link, departure.wavelet.color, edges_[edge].take(departure.wavelet.color, now + hop_));
    } else {
      const auto to = static_cast<std::size_t>(end.pe);
      at_pe(end.pe % setup_.width, end.pe / setup_.width,
            [&] { pes_[to].arrive(opposite(link), departure.wavelet, now + hop_); });
      schedule(to);
    }
  }

  void act_edge(std::size_t edge, Cycle now) {
    const std::size_t link = edge_link_[edge], to = link / link_count;
    at_pe(static_cast<int>(to) % setup_.width, static_cast<int>(to) / setup_.width,
          [&] { pes_[to].arrive(static_cast<Port>(link % link_count), edges_[edge].send(now), now + hop_); });
    run_.edges[edge].entered.push_back(now);
    schedule(to);
  }

  void finish() {
    run_.finished = true;
    for (std::size_t at = 0; at < pes_.size(); ++at) {
      const PeModel& pe = pes_[at];
      PeRun& run = run_.pes[at];
      for (int thread = 0; thread < thread_count; ++thread) {
        run.end[static_cast<std::size_t>(thread)] = pe.core().end(thread);
        run_.end = std::max(run_.end, pe.core().end(thread));
      }
      run.memory = pe.core().memory().words();
      for (const std::string& line : pe.waiting())
        run_.waiting += fmt::format("PE ({}, {}): {}\n", at % static_cast<std::size_t>(setup_.width),
                                    at / static_cast<std::size_t>(setup_.width), line);
    }
    for (std::size_t edge = 0; edge < edges_.size(); ++edge)
      if (!edges_[edge].exhausted()) run_.waiting += fmt::format("edge {}: its next wavelet finds no room\n", edge);
    run_.finished = run_.waiting.empty();
  }

  const ArraySetup& setup_;
  int hop_;
  bool keep_slots_;
  std::vector<PeModel> pes_;
  std::vector<EdgePlayer> edges_;
  std::vector<LinkEnd> links_;          ///< [pes][links]
  std::vector<std::size_t> edge_link_;  ///< [edges] the index in links_
  std::vector<Cycle> scheduled_;        ///< PEs, then edges
  Agenda agenda_;
  std::vector<std::size_t> nodes_;  ///< of this cycle
  PeEvents events_;
  ArrayRun run_;
};

}  // namespace

ArrayRun run_array(const MachineSpec& machine, const ArraySetup& setup, bool slots) {
  return ArrayModel(machine, setup, slots).run();
}

}  // namespace weft::hw
