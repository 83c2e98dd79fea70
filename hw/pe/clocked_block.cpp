#include "hw/pe/clocked_block.h"

#include <fmt/format.h>

#include <algorithm>

#include "tlm/base/error.h"

namespace weft::hw {

namespace {

Cycle longest_silence(const MachineSpec& machine, const ArraySetup& setup) {
  int longest = 0;
  for (const Program& program : setup.programs)
    for (const Instruction& instruction : program.code) longest = std::max<int>(longest, instruction.count);
  const PeSpec& pe = machine.pe;
  constexpr int clash = 2;  // cycles of an element whose operands meet in a bank
  return clash * longest + pe.call_cycles + pe.vector_issue_cycles + pe.vector_fill_cycles + pe.scalar_cycles +
         pe.control_cycles + pe.task_dispatch_cycles + 2 * machine.router.ramp_cycles + machine.router.hop_cycles;
}

}  // namespace

ClockedBlock::ClockedBlock(const MachineSpec& machine, const ArraySetup& setup, const ClockedRectangle& rectangle)
    : setup_(setup),
      pes_(rectangle.pes),
      index_(setup.programs.size(), -1),
      inputs_(rectangle.pes.size() * link_count),
      outputs_(inputs_.size()),
      running_(rectangle.pes.size(), 0),
      patience_(longest_silence(machine, setup)) {
  for (int y = rectangle.y; y < rectangle.y + rectangle.height; ++y) {
    for (int x = rectangle.x; x < rectangle.x + rectangle.width; ++x) {
      const int number = y * setup.width + x;
      index_[static_cast<std::size_t>(number)] = static_cast<int>(numbers_.size());
      numbers_.push_back(number);
    }
  }
  for (std::size_t at = 0; at < pes_.size(); ++at) {
    const auto number = static_cast<std::size_t>(numbers_[at]);
    pes_[at]->load(setup.programs[number], setup.memories[number]);
    for (int link = 0; link < link_count; ++link) {
      const LinkEnd end =
          behind(setup, numbers_[at] % setup.width, numbers_[at] / setup.width, static_cast<Port>(link));
      const int neighbour = end.pe < 0 ? -1 : index_[static_cast<std::size_t>(end.pe)];
      if (neighbour >= 0)
        inputs_[slot(static_cast<int>(at), static_cast<Port>(link))].from =
            static_cast<int>(slot(neighbour, opposite(static_cast<Port>(link))));
    }
  }
  for (ClockedPe* pe : pes_) pe->launch();
}

void ClockedBlock::arrive(int index, Port link, const Wavelet& wavelet) {
  LinkWires& wires = inputs_[slot(index, link)].wires;
  wires.valid = true;
  wires.wavelet = wavelet;
}

void ClockedBlock::give_credit(int index, Port link, int color, Cycle usable) {
  auto& room = inputs_[slot(index, link)].room;
  const auto later = std::find_if(room.begin(), room.end(), [&](const Promise& p) { return p.usable >= usable; });
  if (later != room.end() && later->usable == usable) {
    later->colors |= 1U << color;
  } else {
    room.insert(later, {usable, 1U << color});
  }
  latest_promise_ = std::max(latest_promise_, usable);
}

bool ClockedBlock::observe(Cycle now, const std::vector<bool>& kept, std::vector<PeRun>& runs) {
  bool busy = false;
  for (std::size_t at = 0; at < pes_.size(); ++at) {
    const auto number = static_cast<std::size_t>(numbers_[at]);
    const ClockedPe& pe = *pes_[at];
    if (pe.fault())
      throw SimulationError(fmt::format("PE ({}, {}): the tile reports a fault before cycle {}",
                                        numbers_[at] % setup_.width, numbers_[at] / setup_.width, now));
    for (int link = 0; link < link_count; ++link) {
      const std::size_t wire = slot(static_cast<int>(at), static_cast<Port>(link));
      LinkWires& wires = outputs_[wire];
      wires = pe.output(link);
      const bool idle = !wires.valid && wires.room == 0;
      busy |= !idle;
      if (!idle && inputs_[wire].from < 0) outgoing_.push_back({static_cast<int>(at), static_cast<Port>(link), wires});
      hops_ += wires.valid;
      if (wires.valid && kept[number]) runs[number].sent.push_back({now, static_cast<Port>(link), wires.wavelet});
    }
    const CoreProbe probe = pe.probe();
    busy |= probe.valid;
    if (probe.valid && kept[number]) {
      CoreSlot done{now, probe.thread, probe.instruction, probe.took, probe.taken, probe.sent, {}};
      if (probe.sent) done.wavelet = pe.sent();
      runs[number].slots.push_back(done);
    }
    const unsigned running = pe.running();
    for (int thread = 0; thread < thread_count; ++thread)
      if ((running_[at] & ~running) >> thread & 1) runs[number].end[static_cast<std::size_t>(thread)] = now;
    busy |= running != running_[at];
    running_[at] = running;
  }
  return busy;
}

bool ClockedBlock::drive(Cycle now) {
  bool busy = false;
  for (std::size_t at = 0; at < pes_.size(); ++at) {
    for (int link = 0; link < link_count; ++link) {
      Input& input = inputs_[slot(static_cast<int>(at), static_cast<Port>(link))];
      if (input.from >= 0) {
        input.wires = outputs_[static_cast<std::size_t>(input.from)];
      } else {
        while (!input.room.empty() && input.room.front().usable <= now + 1) {
          input.wires.room |= input.room.front().colors;
          input.room.pop_front();
        }
      }
      const bool idle = !input.wires.valid && input.wires.room == 0;
      if (!idle || input.driven) pes_[at]->drive(link, input.wires);
      input.driven = !idle;
      busy |= !idle;
      input.wires = {};
    }
  }
  return busy;
}

const std::vector<ClockedBlock::Outgoing>& ClockedBlock::step(Cycle now, const std::vector<bool>& kept,
                                                              std::vector<PeRun>& runs) {
  outgoing_.clear();
  const bool moved = observe(now, kept, runs);
  const bool driven = drive(now);
  if (moved || driven) moved_ = now;
  for (ClockedPe* pe : pes_) pe->tick();
  cycles_ += static_cast<std::int64_t>(pes_.size());
  next_ = now - moved_ > patience_ && latest_promise_ <= now ? never : now + 1;
  return outgoing_;
}

}  // namespace weft::hw
