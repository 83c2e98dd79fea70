#pragma once
// Vectors that run along a line of PEs whose threads do nothing else meanwhile: up a chain of cores, each of which adds
// its own, and down again as a broadcast. Recurrences as in stream_reduce.h, exact; queues are empty before and after.
#include <vector>

#include "hw/fabric/fabric_timing.h"
#include "hw/fabric/local_thread.h"

namespace weft::hw {

/// The last thread sends `elements` (SEND32), each one before it takes, combines and sends on, the first one too where
/// `leaves`. Threads stand before the instruction's issue. Returns when each element leaves the first PE's router;
/// empty where none does.
std::vector<LaunchCycle> chain_up(const FabricTiming& timing, int elements, bool leaves,
                                  std::vector<LocalThread>& threads);

/// The first thread sends `elements` (SEND32), the others take them (STORE32). Precondition: at least two.
void broadcast_down(const FabricTiming& timing, int elements, std::vector<LocalThread>& threads);

}  // namespace weft::hw
