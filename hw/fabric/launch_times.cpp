#include "hw/fabric/launch_times.h"

#include <fmt/format.h>

#include <numeric>

#include "tlm/base/error.h"

namespace weft::hw {

using proto::TimeClass;

void LaunchBooks::close(Cycle end, std::int64_t machine_pes) {
  const std::int64_t booked = std::accumulate(classes.begin(), classes.end(), std::int64_t{0});
  const std::int64_t rest = mapped * end - booked;
  if (rest < 0)
    throw SimulationError(
        fmt::format("time classes exceed the launch: {} PE-cycles booked, {} there were", booked, mapped * end));
  of(TimeClass::drained) += rest;
  of(TimeClass::not_mapped) += (machine_pes - mapped) * end;
}

void LaunchBooks::add(const LaunchBooks& lane, std::int64_t count) {
  for (std::size_t which = 0; which < classes.size(); ++which) classes[which] += count * lane.classes[which];
  mapped += count * lane.mapped;
  macs += count * lane.macs;
  wavelet_hops += count * lane.wavelet_hops;
}

void LaunchBooks::append(const LaunchBooks& later) {
  for (std::size_t which = 0; which < classes.size(); ++which) classes[which] += later.classes[which];
  mapped = std::max(mapped, later.mapped);
  macs += later.macs;
  wavelet_hops += later.wavelet_hops;
}

LaunchBooks LaunchBooks::since(const LaunchBooks& earlier) const {
  LaunchBooks later = *this;
  for (std::size_t which = 0; which < classes.size(); ++which) later.classes[which] -= earlier.classes[which];
  later.macs -= earlier.macs;
  later.wavelet_hops -= earlier.wavelet_hops;
  return later;
}

std::string LaunchBooks::bound_by() const {
  struct Cause {
    TimeClass which;
    const char* name;
  };
  constexpr Cause causes[] = {{TimeClass::compute, "compute"},        {TimeClass::overhead, "issue"},
                              {TimeClass::receive, "receive"},        {TimeClass::wait_stream, "stream"},
                              {TimeClass::wait_partial_sum, "chain"}, {TimeClass::blocked, "drain"}};
  const Cause* best = &causes[0];
  for (const Cause& cause : causes)
    if (classes[static_cast<std::size_t>(cause.which)] > classes[static_cast<std::size_t>(best->which)]) best = &cause;
  return best->name;
}

namespace {

/// Cycles of work of a PE's main thread that follow from its program alone.
struct Program {
  Cycle compute = 0, overhead = 0;
};

/// Rounds [first, last) of a launch, and what a PE does in all of them.
struct Rounds {
  int first, last;
  std::int64_t wavelets, elements, axpy_cycles;

  std::int64_t count() const { return last - first; }
  /// The sum over the rounds of a round's wavelets times its `sum`; either is the same in every round.
  std::int64_t wavelets_times(std::int64_t sum) const { return count() == 0 ? 0 : wavelets * sum / count(); }
};

Program program_of(const LaunchMap& map, const Rounds& rounds, int elements, Cycle advances, Cycle windows,
                   const FabricTiming& timing) {
  Program program;
  const Cycle count = rounds.count();
  program.compute = rounds.wavelets_times(rounds.axpy_cycles) + (map.reduces ? rounds.elements : 0);
  program.overhead = (rounds.first == 0 ? timing.dispatch : 0) + advances * timing.control + windows * timing.scalar +
                     rounds.wavelets * timing.issue +
                     count * (timing.control + (map.reduces ? timing.issue : 0) + timing.scalar);
  if (map.lists()) program.overhead += rounds.elements + count * timing.control;
  if (map.rounds_sums() && rounds.last == map.rounds) {  // StreamReduce::round_sums()
    program.compute += ceil_div(rounds.wavelets / map.rounds * elements, timing.convert_lanes);
    program.overhead += timing.issue;
  }
  return program;
}

}  // namespace

StreamReduceShape part_shape(const LaunchMap& map, int line_first, int line_last, int position_first, int position_last,
                             const FabricTiming& timing) {
  StreamReduceShape shape;
  shape.lines = line_last - line_first;
  shape.chain = std::clamp(map.chain - line_first, 0, shape.lines);
  shape.positions = position_last - position_first;
  if (shape.chain > 0)
    shape.wavelets.assign(map.wavelets.begin() + line_first, map.wavelets.begin() + line_first + shape.chain);
  shape.elements.assign(map.elements.begin() + position_first, map.elements.begin() + position_last);
  shape.lanes = timing.axpy_lanes(map.half_sums);
  shape.counted = map.kept != nullptr || map.windows != nullptr;
  shape.lists = map.lists();
  shape.windows = map.windowed_elements();
  shape.chain_from_below = map.reduces && map.chain > line_last;
  shape.chain_to_above = map.reduces && line_first > 0;
  return shape;
}

void add_part(EngineTimes& times, const LaunchMap& map, const StreamReduce& part, bool top,
              const FabricTiming& timing) {
  const StreamReduceShape& shape = part.shape();
  Rounds rounds{static_cast<int>(part.sizes().first_round()), static_cast<int>(part.sizes().rounds()), 0, 0, 0};
  const std::int64_t count = rounds.count();
  Cycle advances = 0;
  std::int64_t owner_rows = 0;
  for (int round = rounds.first; map.returns && round < rounds.last; ++round) {
    advances += map.advances(round);
    owner_rows += map.owner_row(round);
  }
  for (int line = 0; line < shape.lines; ++line) {
    for (int position = 0; position < shape.positions; ++position) {
      const PeTimes pe = part.pe(line, position);
      const int elements = shape.elements[static_cast<std::size_t>(position)];
      times.end = std::max(times.end, pe.end);
      times.mapped += pe.copies;
      times.of(TimeClass::receive) += pe.copies * pe.received;
      if (top && line == 0) times.wavelet_hops += pe.copies * elements * owner_rows;
      if (line >= shape.chain) continue;
      rounds.wavelets = part.sizes().wavelets_taken(line);
      rounds.elements = part.sizes().elements_summed(position);
      rounds.axpy_cycles = part.sizes().axpy_cycles(position);
      times.wavelet_hops += pe.copies * (rounds.wavelets + count + (map.reduces ? rounds.elements : 0));
      if (map.lists() && elements > 0) times.wavelet_hops += pe.copies * (rounds.elements + count);
      if (elements == 0) {  // a PE that only sends deltas
        times.of(TimeClass::overhead) += pe.copies * (pe.main_end - pe.begin - pe.blocked);
        times.of(TimeClass::blocked) += pe.copies * pe.blocked;
        continue;
      }
      const Cycle windows = map.windowed_elements()  ? count
                            : map.windowed_scalars() ? map.stream_owners.count(position)
                                                     : 0;
      const Program program = program_of(map, rounds, elements, top && line == 0 ? advances : 0, windows, timing);
      const Cycle sum = program.compute + program.overhead + pe.stall + pe.wait_stream + pe.wait_partial_sum +
                        pe.blocked + pe.received_before + pe.received - pe.received_late;
      if (sum != pe.main_end - pe.begin)
        throw SimulationError(fmt::format("time classes of PE (line {}, position {}) add up to {} of {} cycles", line,
                                          position, sum, pe.main_end - pe.begin));
      times.of(map.stores ? TimeClass::receive : TimeClass::compute) += pe.copies * program.compute;
      times.of(TimeClass::overhead) += pe.copies * (program.overhead + pe.stall);
      times.of(TimeClass::wait_stream) += pe.copies * pe.wait_stream;
      times.of(TimeClass::wait_partial_sum) += pe.copies * pe.wait_partial_sum;
      times.of(TimeClass::blocked) += pe.copies * pe.blocked;
      if (!map.stores) times.macs += pe.copies * rounds.wavelets_times(rounds.elements);
    }
  }
}

}  // namespace weft::hw
