#pragma once
// The machine's numbers that the recurrences of fabric and core use, in cycles and wavelets.
#include <algorithm>

#include "hw/spec/machine.h"

namespace weft::hw {

struct FabricTiming {
  int hop, ramp;                              ///< cycles
  int link_queue, input_queue, output_queue;  ///< wavelets, each at most `history`
  int issue, fill, scalar, control, dispatch;
  int convert_lanes;            ///< elements per cycle
  int mixed_lanes, half_lanes;  ///< of multiply-adds into sums of fp32, of halves
  /// Wavelets and elements that the recurrences can look back over: no less than a queue holds; a power of two, for it
  /// is a ring's size.
  int history = least_history;
  static constexpr int least_history = 8;

  explicit FabricTiming(const MachineSpec& machine)
      : hop(machine.router.hop_cycles),
        ramp(machine.router.ramp_cycles),
        link_queue(machine.router.link_queue),
        input_queue(machine.router.input_queue),
        output_queue(machine.router.output_queue),
        issue(machine.pe.vector_issue_cycles),
        fill(machine.pe.vector_fill_cycles),
        scalar(machine.pe.scalar_cycles),
        control(machine.pe.control_cycles),
        dispatch(machine.pe.task_dispatch_cycles),
        convert_lanes(machine.pe.lanes.convert),
        mixed_lanes(machine.pe.lanes.multiply_adds(false)),
        half_lanes(machine.pe.lanes.multiply_adds(true)) {
    while (history < std::max({link_queue, input_queue, output_queue})) history *= 2;
  }

  /// From the issue of an element on `line` until it can be back at that core, the way up the chain and down again
  /// being free.
  int way_back(int line) const { return line * (1 + 2 * ramp + hop) + 1 + ramp + line * hop + ramp; }

  /// Elements of an AXPY per cycle.
  int axpy_lanes(bool half_sums) const { return half_sums ? half_lanes : mixed_lanes; }

  /// Of a launch whose wavelets are stored as they come: a cycle each (LIST16), and no loop around the rounds.
  FabricTiming storing() const {
    FabricTiming timing = *this;
    timing.issue = timing.fill = timing.scalar = 0;
    return timing;
  }
};

}  // namespace weft::hw
