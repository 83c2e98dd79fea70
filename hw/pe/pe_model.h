#pragma once
// One PE: core, router and the queues between them. Bits and cycles are those of rtl/pe (tests/cosim holds them equal).
// The PE is driven by what its neighbours promise, and its events are played in the order of time; there is no clock.
#include <algorithm>
#include <string>
#include <vector>

#include "hw/pe/core_model.h"
#include "hw/pe/router_model.h"

namespace weft::hw {

/// What a PE did in one cycle.
struct PeEvents {
  std::vector<RouterDeparture> departures;
  std::vector<CoreSlot> slots;  ///< at most one
};

class PeModel {
 public:
  /// Launched at cycle 0. Throws UsageError if the program is not valid on this machine.
  PeModel(const MachineSpec& machine, const Program& program, Sram memory);

  /// A wavelet from the neighbour behind `link`; `available` = its departure there + hop_cycles.
  void arrive(Port link, const Wavelet& wavelet, Cycle available) { router_.arrive(link, wavelet, available); }
  /// The neighbour behind `link` has room for one more; `usable` = the departure there that made it + 1.
  void give_credit(Port link, int color, Cycle usable) { router_.give_credit(link, color, usable); }

  /// Cycle of the next event as far as is known; `never` if none.
  Cycle next() const { return std::min(router_.next(), core_.next()); }
  /// What happens in cycle `now`. Precondition: now == next(), and nothing earlier is still to be told.
  /// Appends to `events`.
  void act(Cycle now, PeEvents& events);
  /// What the PE still waits for when nothing happens any more: a sentence each; none when it is done.
  std::vector<std::string> waiting() const;

  const CoreModel& core() const { return core_; }
  /// The core's, which has none afterwards.
  Sram take_memory() { return core_.take_memory(); }
  const RouterModel& router() const { return router_; }

 private:
  int ramp_;
  CoreModel core_;
  RouterModel router_;
};

}  // namespace weft::hw
