#include "hw/pe/array_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "hw/pe/agenda.h"
#include "hw/pe/clocked_block.h"
#include "hw/pe/edge_player.h"
#include "hw/pe/pe_model.h"
#include "tlm/base/error.h"

namespace weft::hw {

namespace {

// Nodes of the agenda: PEs, edges, and last the clocked block, which runs a cycle when all else in it has been told.
class ArrayModel {
 public:
  ArrayModel(const MachineSpec& machine, const ArraySetup& setup, const ArrayOptions& options)
      : setup_(setup), hop_(machine.router.hop_cycles), kept_(setup.programs.size(), options.slots) {
    for (int y = 0; y < setup.height; ++y) {
      for (int x = 0; x < setup.width; ++x) {
        const std::size_t at = pes_.size();
        const bool modelled = options.clocked == nullptr || !options.clocked->holds(x, y);
        pes_.push_back(nullptr);
        at_pe(at, [&] {
          if (modelled) {
            pes_[at] = std::make_unique<PeModel>(machine, setup.programs[at], setup.memories[at]);
          } else {
            validate(setup.programs[at], machine);
          }
        });
        for (int link = 0; link < link_count; ++link) links_.push_back(behind(setup, x, y, static_cast<Port>(link)));
      }
    }
    edge_link_.resize(setup.edges.size());
    for (std::size_t link = 0; link < links_.size(); ++link)
      if (links_[link].edge >= 0) edge_link_[static_cast<std::size_t>(links_[link].edge)] = link;
    for (const ArrayEdge& edge : setup.edges) edges_.emplace_back(machine.router, edge);
    if (options.clocked) clocked_ = std::make_unique<ClockedBlock>(machine, setup, *options.clocked);
    scheduled_.assign(pes_.size() + edges_.size() + 1, never);
    run_.edges.resize(edges_.size());
    run_.pes.resize(pes_.size());
    beat_ = options.beat;
    observer_ = options.observer;
    for (const int number : options.slots_of) kept_[static_cast<std::size_t>(number)] = true;
  }

  ArrayRun run() {
    for (std::size_t node = 0; node < scheduled_.size(); ++node) schedule(node);
    constexpr int cycles_a_beat = 256;
    for (int until_beat = cycles_a_beat; agenda_.next(nodes_); --until_beat) {
      if (until_beat == 0) {
        until_beat = cycles_a_beat;
        if (beat_) beat_();
      }
      const Cycle now = agenda_.now();
      for (const std::size_t node : nodes_) {
        if (scheduled_[node] != now || node == clock_node()) continue;
        if (node < pes_.size()) {
          act_pe(node, now);
        } else {
          act_edge(node - pes_.size(), now);
        }
        scheduled_[node] = never;
        schedule(node);
      }
      if (scheduled_[clock_node()] != now) continue;
      act_clocked(now);
      scheduled_[clock_node()] = never;
      schedule(clock_node());
    }
    finish();
    return std::move(run_);
  }

 private:
  template <typename Action>
  void at_pe(std::size_t at, const Action& action) const {
    const auto where = [&] {
      const auto width = static_cast<std::size_t>(setup_.width);
      return fmt::format("PE ({}, {})", at % width, at / width);
    };
    try {
      action();
    } catch (const UsageError& error) {
      throw UsageError(fmt::format("{}: {}", where(), error.what()));
    } catch (const SimulationError& error) {
      throw SimulationError(fmt::format("{}: {}", where(), error.what()));
    }
  }

  std::size_t clock_node() const { return pes_.size() + edges_.size(); }

  Cycle next_of(std::size_t node) const {
    if (node < pes_.size()) return pes_[node] ? pes_[node]->next() : never;
    if (node < clock_node()) return edges_[node - pes_.size()].next();
    return clocked_ ? clocked_->next() : never;
  }

  void schedule(std::size_t node) { schedule_at(node, next_of(node)); }

  void schedule_at(std::size_t node, Cycle next) {
    if (next == scheduled_[node]) return;
    scheduled_[node] = next;
    if (next != never) agenda_.add(next, node);
  }

  /// The clocked block sleeps when nothing in it can move.
  void wake_clocked(Cycle at) {
    if (at >= scheduled_[clock_node()]) return;
    if (at > agenda_.now()) return schedule_at(clock_node(), at);
    scheduled_[clock_node()] = at;  // it runs when this cycle's nodes have acted
  }

  LinkEnd end_of(std::size_t at, Port link) const {
    return links_[at * link_count + static_cast<std::size_t>(index_of(link))];
  }

  void act_pe(std::size_t at, Cycle now) {
    events_.departures.clear();
    events_.slots.clear();
    at_pe(at, [&] { pes_[at]->act(now, events_); });
    for (const RouterDeparture& departure : events_.departures) {
      if (observer_) observer_->departed(at, departure);
      if (departure.from != Port::ramp) credit_behind(at, departure.from, departure.wavelet.color, now + 1);
      for (int link = 0; link < link_count; ++link)
        if (departure.to >> link & 1) {
          ++run_.hops;
          if (kept_[at]) run_.pes[at].sent.push_back({now, static_cast<Port>(link), departure.wavelet});
          deliver(at, static_cast<Port>(link), departure.wavelet, now);
        }
    }
    for (const CoreSlot& slot : events_.slots)
      if (observer_) observer_->acted(at, slot);
    if (kept_[at]) run_.pes[at].slots.insert(run_.pes[at].slots.end(), events_.slots.begin(), events_.slots.end());
  }

  void act_clocked(Cycle now) {
    for (const ClockedBlock::Outgoing& out : clocked_->step(now, kept_, run_.pes)) {
      const auto at = static_cast<std::size_t>(clocked_->numbers()[static_cast<std::size_t>(out.index)]);
      if (out.wires.valid) deliver(at, out.link, out.wires.wavelet, now);
      int color = 0;
      for (std::uint32_t room = out.wires.room; room != 0; room >>= 1, ++color)
        if (room & 1) credit_behind(at, out.link, color, now + 1);
    }
  }

  /// PE `at` has room for one more from what lies behind `link`.
  void credit_behind(std::size_t at, Port link, int color, Cycle usable) {
    const LinkEnd end = end_of(at, link);
    if (end.edge >= 0) {
      edges_[static_cast<std::size_t>(end.edge)].give_credit(color, usable);
      schedule(pes_.size() + static_cast<std::size_t>(end.edge));
    } else {
      credit(static_cast<std::size_t>(end.pe), opposite(link), color, usable);
    }
  }

  void credit(std::size_t at, Port link, int color, Cycle usable) {
    if (pes_[at]) {
      pes_[at]->give_credit(link, color, usable);
      schedule(at);
    } else {
      clocked_->give_credit(clocked_->index_of(static_cast<int>(at)), link, color, usable);
      wake_clocked(usable - 1);
    }
  }

  /// A wavelet leaves PE `at` by `link` in cycle `now`.
  void deliver(std::size_t at, Port link, const Wavelet& wavelet, Cycle now) {
    const LinkEnd end = end_of(at, link);
    if (end.edge < 0) return arrive(static_cast<std::size_t>(end.pe), opposite(link), wavelet, now);
    const auto edge = static_cast<std::size_t>(end.edge);
    run_.edges[edge].left.push_back({now, wavelet});
    const Cycle usable = edges_[edge].take(wavelet.color, now + hop_);
    if (observer_) observer_->left(edge, wavelet.color, usable);
    credit(at, link, wavelet.color, usable);
  }

  /// What left the other side of the link in cycle `now`.
  void arrive(std::size_t at, Port link, const Wavelet& wavelet, Cycle now) {
    if (pes_[at]) {
      at_pe(at, [&] { pes_[at]->arrive(link, wavelet, now + hop_); });
      schedule(at);
    } else {
      clocked_->arrive(clocked_->index_of(static_cast<int>(at)), link, wavelet);
      wake_clocked(now);
    }
  }

  void act_edge(std::size_t edge, Cycle now) {
    const std::size_t link = edge_link_[edge];
    arrive(link / link_count, static_cast<Port>(link % link_count), edges_[edge].send(now), now);
    run_.edges[edge].entered.push_back(now);
    if (observer_) observer_->entered(edge, now);
  }

  std::string at_place(std::size_t at, const std::string& line) const {
    const auto width = static_cast<std::size_t>(setup_.width);
    return fmt::format("PE ({}, {}): {}\n", at % width, at / width, line);
  }

  void add_waiting(std::size_t at, const std::vector<std::string>& lines) {
    for (const std::string& line : lines) run_.waiting += at_place(at, line);
  }

  void finish() {
    for (std::size_t at = 0; at < pes_.size(); ++at) {
      PeRun& run = run_.pes[at];
      std::sort(run.sent.begin(), run.sent.end(),
                [](const LinkSlot& a, const LinkSlot& b) { return std::pair(a.at, a.link) < std::pair(b.at, b.link); });
      std::vector<std::string> lines;
      if (pes_[at]) {
        for (int thread = 0; thread < thread_count; ++thread)
          run.end[static_cast<std::size_t>(thread)] = pes_[at]->core().end(thread);
        if (const std::string& race = pes_[at]->core().races().first(); !race.empty()) run_.races += at_place(at, race);
        run.memory = pes_[at]->take_memory();
        lines = pes_[at]->waiting();
      } else {
        const int index = clocked_->index_of(static_cast<int>(at));
        const std::uint32_t left = clocked_->pe(static_cast<std::size_t>(index)).waiting();
        if (const unsigned running = clocked_->running(index); running != 0) {
          lines.push_back(fmt::format("a clocked PE whose threads {:#b} have not ended", running));
        } else if (left != 0) {
          lines.push_back(fmt::format("a clocked PE where wavelets of the colors {:#x} wait for a task", left));
        }
      }
      add_waiting(at, lines);
      for (const Cycle end : run.end) run_.end = std::max(run_.end, end);
    }
    for (std::size_t edge = 0; edge < edges_.size(); ++edge)
      if (!edges_[edge].exhausted()) run_.waiting += fmt::format("edge {}: its next wavelet finds no room\n", edge);
    run_.finished = run_.waiting.empty();
    for (std::size_t at = 0; at < pes_.size() && !run_.finished; ++at) {
      std::vector<std::string> lines;
      if (pes_[at]) pes_[at]->core().describe_unbegun(lines);
      add_waiting(at, lines);
    }
    if (!clocked_) return;
    for (const int number : clocked_->numbers()) {
      const auto index = static_cast<std::size_t>(clocked_->index_of(number));
      run_.pes[static_cast<std::size_t>(number)].memory = Sram(clocked_->pe(index).memory());
    }
    run_.hops += clocked_->hops();
    run_.clocked_cycles = clocked_->cycles();
  }

  const ArraySetup& setup_;
  int hop_;
  std::vector<bool> kept_;                     ///< of which PEs it is kept what they did
  std::vector<std::unique_ptr<PeModel>> pes_;  ///< null where a clocked PE stands
  std::vector<EdgePlayer> edges_;
  std::unique_ptr<ClockedBlock> clocked_;
  std::vector<LinkEnd> links_;          ///< [pes][links]
  std::vector<std::size_t> edge_link_;  ///< [edges] the index in links_
  std::vector<Cycle> scheduled_;        ///< by node
  Agenda agenda_;
  std::vector<std::size_t> nodes_;  ///< of this cycle
  PeEvents events_;
  std::function<void()> beat_;
  ArrayObserver* observer_ = nullptr;
  ArrayRun run_;
};

}  // namespace

ArrayRun run_array(const MachineSpec& machine, const ArraySetup& setup, const ArrayOptions& options) {
  return ArrayModel(machine, setup, options).run();
}

}  // namespace weft::hw
