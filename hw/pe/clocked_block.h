#pragma once
// Clocked PEs among timestamped ones: wires between each other, promises of time to everybody else.
#include <array>
#include <deque>
#include <vector>

#include "hw/pe/array_setup.h"
#include "hw/pe/clocked_pe.h"

namespace weft::hw {

class ClockedBlock {
 public:
  /// Loads and launches. `setup`, the PEs of `rectangle` must outlive it.
  ClockedBlock(const MachineSpec& machine, const ArraySetup& setup, const ClockedRectangle& rectangle);

  /// Numbers of its PEs in the array, in the order of the block.
  const std::vector<int>& numbers() const { return numbers_; }
  /// Index in the block of the array's PE `pe`, or -1.
  int index_of(int pe) const { return index_[static_cast<std::size_t>(pe)]; }

  const ClockedPe& pe(std::size_t index) const { return *pes_[index]; }

  /// The neighbour behind `link` sends in the cycle that comes next or runs.
  void arrive(int index, Port link, const Wavelet& wavelet);
  /// The neighbour behind `link` has room for one more from `usable`.
  void give_credit(int index, Port link, int color, Cycle usable);

  /// What a cycle did that reaches beyond the block.
  struct Outgoing {
    int index = 0;
    Port link = Port::north;
    LinkWires wires;
  };
  /// Cycle `now`; everything that was sent in it has been told. `kept`: of which of the array's PEs `runs` keeps what
  /// they did. Throws SimulationError if a PE reports a fault.
  const std::vector<Outgoing>& step(Cycle now, const std::vector<bool>& kept, std::vector<PeRun>& runs);
  /// The cycle to run next; `never` when nothing inside can move before something comes from outside.
  Cycle next() const { return next_; }

  std::int64_t cycles() const { return cycles_; }
  std::int64_t hops() const { return hops_; }
  unsigned running(int index) const { return running_[static_cast<std::size_t>(index)]; }

 private:
  struct Promise {
    Cycle usable;
    std::uint32_t colors;
  };
  struct Input {
    LinkWires wires;
    std::deque<Promise> room;  ///< in the order of time
    int from = -1;             ///< link of the block that drives it; -1: from outside
    bool driven = false;       ///< not idle in the last cycle
  };
  std::size_t slot(int index, Port link) const {
    return static_cast<std::size_t>(index) * link_count + static_cast<std::size_t>(hw::index_of(link));
  }
  bool observe(Cycle now, const std::vector<bool>& kept, std::vector<PeRun>& runs);
  bool drive(Cycle now);

  const ArraySetup& setup_;
  std::vector<ClockedPe*> pes_;
  std::vector<int> numbers_, index_;
  std::vector<Input> inputs_;       ///< [pes][links]
  std::vector<LinkWires> outputs_;  ///< [pes][links]
  std::vector<unsigned> running_;
  std::vector<Outgoing> outgoing_;
  Cycle patience_;  ///< without anything moving, after which nothing can: everything inside is shorter
  Cycle next_ = 0, moved_ = 0, latest_promise_ = 0;
  std::int64_t cycles_ = 0, hops_ = 0;
};

}  // namespace weft::hw
