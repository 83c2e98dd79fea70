#pragma once
// What a launch took, as the books see it: PE-cycles by class over the PEs that it maps.
#include <algorithm>
#include <type_traits>

#include "hw/fabric/launch_map.h"
#include "hw/fabric/stream_reduce.h"
#include "tlm/base/instant.h"
#include "tlm/stats/launch_record.h"

namespace weft::hw {

/// The machine's numbers for the engine of a launch.
inline FabricTiming timing_of(const FabricTiming& timing, const LaunchMap& map) {
  return map.stores ? timing.storing() : timing;
}

/// What lines [line_first, line_last) and positions [position_first, position_last) of a launch do.
StreamReduceShape part_shape(const LaunchMap& map, int line_first, int line_last, int position_first, int position_last,
                             const FabricTiming& timing);

/// Lengths and counts alone: the same from whichever cycle times are told.
struct LaunchBooks {
  proto::ClassCycles classes{};  ///< mapped PEs, within [0, own end); LaunchTimes::close() adds the rest
  std::int64_t mapped = 0;       ///< PEs that do something
  std::int64_t macs = 0;
  std::int64_t wavelet_hops = 0;

  /// Adds the books of `count` equal lanes beside this one.
  void add(const LaunchBooks& lane, std::int64_t count);
  /// Adds the books of what comes after: other cycles of the same PEs.
  void append(const LaunchBooks& later);
  /// The books of what came after `earlier`, which these go on from.
  LaunchBooks since(const LaunchBooks& earlier) const;
  std::int64_t& of(proto::TimeClass which) { return classes[static_cast<std::size_t>(which)]; }
  /// Books the rest of [0, end) of the mapped PEs as drained and the PEs of the machine that are not mapped.
  /// Throws SimulationError if the mapped PEs' books exceed the time there was.
  void close(Cycle end, std::int64_t machine_pes);
  /// The class that most mapped PE-cycles are in, as the name of what bound the launch.
  std::string bound_by() const;
};

/// Books and the end of the last PE, a `When`.
template <typename When>
struct TimesOf : LaunchBooks {
  When end;

  /// As those of the books; the later end.
  void add(const TimesOf& lane, std::int64_t count) {
    end = std::max(end, lane.end);
    LaunchBooks::add(lane, count);
  }
  void append(const TimesOf& later) {
    end = std::max(end, later.end);
    LaunchBooks::append(later);
  }
  TimesOf since(const TimesOf& earlier) const { return {LaunchBooks::since(earlier), end}; }
  /// The same, `zero` being the cycle that `end` is told from.
  template <typename Other>
  TimesOf<Other> from(Other zero) const {
    return {*this, zero + end.since()};
  }
  void close(std::int64_t machine_pes) {
    static_assert(std::is_same_v<When, LaunchCycle>, "books are those of a launch");
    LaunchBooks::close(end.since(), machine_pes);
  }
};
using LaunchTimes = TimesOf<LaunchCycle>;
/// Of a part, as its engine tells them.
using EngineTimes = TimesOf<EngineCycle>;

/// Adds the books of one part of a matrix launch, copies included, for the rounds that its engine has done. Throws
/// SimulationError if a PE's classes do not add up to its time. `top` is true when the part holds global line 0;
/// `timing`: as the engine's.
void add_part(EngineTimes& times, const LaunchMap& map, const StreamReduce& part, bool top, const FabricTiming& timing);

}  // namespace weft::hw
