#pragma once
// A machine of other queues, ways and vectors than any that is sold.
#include <random>

#include "hw/spec/machine_file.h"
#include "tests/support/paths.h"

namespace weft::test {

/// Mini, in two of three cases with queues, ways and vectors of other lengths, wide enough that a returned sum is never
/// held up (stream_reduce.h).
inline hw::MachineSpec random_machine(std::mt19937& random) {
  hw::MachineSpec machine = hw::load_machine("mini", source_path("hw/machines"));
  const auto pick = [&](int least, int most) { return least + static_cast<int>(random() % (most - least + 1)); };
  if (random() % 3 == 0) return machine;
  machine.router.ramp_cycles = pick(1, 3);
  machine.router.link_queue = pick(2, 5);
  machine.router.input_queue = pick(2 * machine.router.ramp_cycles, 6);
  machine.router.output_queue = 2 * machine.router.ramp_cycles + pick(2, 5);
  machine.pe.vector_fill_cycles = pick(1, 9);
  machine.pe.scalar_cycles = pick(1, 3);
  machine.pe.control_cycles = pick(1, 2);
  return machine;
}

}  // namespace weft::test
