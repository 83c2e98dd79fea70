#include "hw/fabric/time_guard.h"

#include <algorithm>

#include "tlm/base/checked.h"

namespace weft::hw {

namespace {

Cycle largest(const std::vector<int>& counts) {
  return counts.empty() ? 0 : *std::max_element(counts.begin(), counts.end());
}

}  // namespace

// The longest way through the recurrences of a round (hw/fabric/stream_reduce.h). It goes on by wavelets, each at most
// the longest instruction later; by positions, lines and elements, each at most a link, two ramps and an instruction
// later; and back by a position or a line no more often than by a queue of wavelets or elements on, hence twice. What
// crosses a ramp delays by its own number of cycles: partial sums, returned sums, a list. At the edge a channel's lines
// take turns.
TimeGuard::TimeGuard(const MachineSpec& machine, const LaunchMap& map) {
  const PeSpec& pe = machine.pe;
  const RouterSpec& router = machine.router;
  const Cycle wavelets = largest(map.wavelets) + 1, elements = largest(map.elements) + 1;
  const Cycle axpy =
      pe.vector_issue_cycles + ceil_div(elements, pe.lanes.multiply_adds(map.half_sums)) + pe.vector_fill_cycles;
  const Cycle scalars = pe.control_cycles + pe.scalar_cycles + pe.task_dispatch_cycles;
  const Cycle step =
      router.hop_cycles + 2 * router.ramp_cycles + pe.vector_issue_cycles + pe.vector_fill_cycles + scalars + 4;
  const Cycle queues = router.link_queue + router.input_queue + router.output_queue;
  const Cycle steps = map.positions + map.lines + wavelets + 4 * elements + 8 * queues;
  const Cycle rounding = map.reduces ? 0 : ceil_div(wavelets * elements, pe.lanes.convert);
  longest_round_ = 2 * ((wavelets + 1) * (axpy + scalars) + steps * step) + rounding;
}

TimeGuard::TimeGuard(const MachineSpec& machine, const EdgeLayout& layout, const LaunchMap& map)
    : TimeGuard(machine, map) {
  const Cycle wavelets = largest(map.wavelets) + 1, elements = largest(map.elements) + 1;
  longest_round_ += layout.lines_per_channel() * (wavelets + elements + 1) +
                    machine.router.hop_cycles * (map.positions + map.lines + machine.io.rows_per_channel + 2);
}

bool TimeGuard::look_before_round() {
  if (longest_round_ > farthest_cycle) time_overflow("what one round of a launch can take", farthest_cycle, "cycles");
  if (rounds_++ < farthest_cycle / longest_round_) return false;
  rounds_ = 1;
  return true;
}

}  // namespace weft::hw
