#pragma once
// Can a launch's stream be delivered at all? An edge channel is one FIFO for its rows, a row's queues are finite, a PE
// has one set of accumulators, and a round's sum needs every row: a bad order ends in a circle of waiting.
#include <string>

#include "hw/fabric/launch_map.h"
#include "hw/spec/machine.h"
#include "hw/spec/stream_order.h"

namespace weft::sw {

/// Plays the launch without time, on counts of wavelets: channels push, rows take, rounds close along the chain. Such a
/// network of bounded FIFOs stalls under every timing or under none, so one play decides. The columns next to the edge
/// are taken to hold no wavelet of their own for a row: only its link queue and input queue.
/// Returns who waits for whom, or an empty string when the launch ends. Precondition: `map` takes a stream from the
/// edge. Cost: the wavelets of three blocks (by element: of the launch), less when it stalls.
std::string deadlock_of(const hw::MachineSpec& machine, const hw::EdgeLayout& layout, const hw::LaunchMap& map,
                        const hw::StreamOrder& order);

/// "by round", "by round, blocks of 4", "by element".
std::string order_text(const hw::StreamOrder& order);

/// Throws UsageError, naming `launch`, if `order` can deadlock.
void require_free_of_deadlock(const hw::MachineSpec& machine, const hw::EdgeLayout& layout, const hw::LaunchMap& map,
                              const hw::StreamOrder& order, const std::string& launch);

}  // namespace weft::sw
