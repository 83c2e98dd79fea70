#pragma once
// What a launch took, as the books see it: PE-cycles by class over the PEs that it maps.
#include "hw/fabric/launch_map.h"
#include "hw/fabric/stream_reduce.h"
#include "tlm/stats/launch_record.h"

namespace weft::hw {

/// The machine's numbers for the engine of a launch.
inline FabricTiming timing_of(const FabricTiming& timing, const LaunchMap& map) {
  return map.stores ? timing.storing() : timing;
}

/// What lines [line_first, line_last) and positions [position_first, position_last) of a launch do; `lanes` AXPY
/// elements per cycle.
StreamReduceShape part_shape(const LaunchMap& map, int line_first, int line_last, int position_first, int position_last,
                             int lanes);

struct LaunchTimes {
  Cycle end = 0;                 ///< since the launch began
  proto::ClassCycles classes{};  ///< mapped PEs, within [0, own end); LaunchTimes::close() adds the rest
  std::int64_t mapped = 0;       ///< PEs that do something
  std::int64_t macs = 0;
  std::int64_t wavelet_hops = 0;

  /// Adds the books of `count` equal lanes beside this one.
  void add(const LaunchTimes& lane, std::int64_t count);
  /// Adds the books of what comes after: other cycles of the same PEs.
  void append(const LaunchTimes& later);
  /// The books of what came after `earlier`, which these go on from.
  LaunchTimes since(const LaunchTimes& earlier) const;
  std::int64_t& of(proto::TimeClass which) { return classes[static_cast<std::size_t>(which)]; }
  /// Books the rest of [0, end) of the mapped PEs as drained and the PEs of the machine that are not mapped.
  /// Throws SimulationError if the mapped PEs' books exceed the time there was.
  void close(std::int64_t machine_pes);
  /// The class that most mapped PE-cycles are in, as the name of what bound the launch.
  std::string bound_by() const;
};

/// Adds the books of one part of a matrix launch, copies included, for the rounds that its engine has done. Throws
/// SimulationError if a PE's classes do not add up to its time. `top` is true when the part holds global line 0;
/// `timing`: as the engine's.
void add_part(LaunchTimes& times, const LaunchMap& map, const StreamReduce& part, bool top, const FabricTiming& timing);

}  // namespace weft::hw
