#pragma once
// Closed form of a product of attention in one head of one sequence.
#include "hw/fabric/launch_map.h"
#include "hw/spec/machine.h"
#include "tlm/stats/limiter_cycles.h"

namespace weft::sw {

/// Of a launch without a mask; the slowest PE's rounds one behind the other, and the ways that do not hide. Against
/// hw/fabric/attention_times.h: tests/analytic/attention_prediction_test.cpp. Precondition: `map` is attention's.
proto::LimiterCycles attention_parts(const hw::MachineSpec& machine, const hw::LaunchMap& map);

}  // namespace weft::sw
