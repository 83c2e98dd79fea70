#pragma once
#include "hw/spec/machine.h"
#include "tlm/base/clock_crossing.h"
#include "tlm/base/instant.h"

namespace weft::hw {

/// Between cycles of the wafer and picoseconds outside of it; between edge and network interface stands
/// `io.latency_ps`.
class EdgeClock {
 public:
  /// `machine` outlives this.
  explicit EdgeClock(const MachineSpec& machine) : machine_(machine) {}

  Picosecond ps_of(RunCycle cycle) const { return to_ps(machine_.clock, cycle); }
  /// The first cycle at which the edge has what was at the interface at `at`.
  RunCycle to_edge(Picosecond at) const { return run_cycle(machine_.clock, at + machine_.io.latency_ps); }
  /// When the interface has what left the edge at `cycle`.
  Picosecond from_edge(RunCycle cycle) const { return ps_of(cycle) + machine_.io.latency_ps; }
  /// Rounded up.
  RunCycle cycle_at(Picosecond at) const { return run_cycle(machine_.clock, at); }

 private:
  const MachineSpec& machine_;
};

}  // namespace weft::hw
