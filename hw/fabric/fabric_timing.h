#pragma once
// The machine's numbers that the recurrences of fabric and core use, in cycles and wavelets.
#include "hw/spec/deepest_queue.h"
#include "hw/spec/machine.h"

namespace weft::hw {

struct FabricTiming {
  int hop, ramp;                              ///< cycles
  int link_queue, input_queue, output_queue;  ///< wavelets, each at most history_depth
  int issue, fill, scalar, control, dispatch;
  int convert_lanes;  ///< elements per cycle

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
        convert_lanes(machine.pe.lanes.convert) {}
};

/// Elements that the recurrences can look back over; a power of two, for it is a ring's size.
inline constexpr int history_depth = 8;
static_assert(deepest_queue <= history_depth, "an older element would be read in the place of a newer one");

}  // namespace weft::hw
