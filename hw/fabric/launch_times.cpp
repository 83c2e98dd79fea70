#include "hw/fabric/launch_times.h"

#include <fmt/format.h>

#include <numeric>

#include "tlm/base/error.h"

namespace weft::hw {

using proto::TimeClass;

void LaunchTimes::close(std::int64_t machine_pes) {
  const std::int64_t booked = std::accumulate(classes.begin(), classes.end(), std::int64_t{0});
  const std::int64_t rest = mapped * end - booked;
  if (rest < 0)
    throw SimulationError(
        fmt::format("time classes exceed the launch: {} PE-cycles booked, {} there were", booked, mapped * end));
  of(TimeClass::drained) += rest;
  of(TimeClass::not_mapped) += (machine_pes - mapped) * end;
}

void LaunchTimes::add(const LaunchTimes& lane, std::int64_t count) {
  end = std::max(end, lane.end);
  for (std::size_t which = 0; which < classes.size(); ++which) classes[which] += count * lane.classes[which];
  mapped += count * lane.mapped;
  macs += count * lane.macs;
  wavelet_hops += count * lane.wavelet_hops;
  pe_rounds_copied += count * lane.pe_rounds_copied;
}

std::string LaunchTimes::bound_by() const {
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

/// What a line's wavelets and a position's elements are over all rounds.
struct Totals {
  std::int64_t wavelets = 0;
  std::int64_t elements = 0, axpys = 0;  ///< cycles of an AXPY in each round
};

Program program_of(const LaunchMap& map, std::int64_t wavelets, const Totals& position, int most, Cycle advances,
                   const FabricTiming& timing) {
  Program program;
  const Cycle sum = map.reduces ? position.elements : 0;
  // Either the wavelets or the elements are the same in every round.
  program.compute = wavelets * position.axpys / map.rounds + sum;
  program.overhead = timing.dispatch + advances * timing.control + wavelets * timing.issue +
                     map.rounds * (timing.control + (map.reduces ? timing.issue : 0) + timing.scalar);
  if (map.lists()) program.overhead += position.elements + map.rounds * timing.control;
  if (!map.reduces) {  // StreamReduce::round_sums()
    program.compute += ceil_div(wavelets / map.rounds * most, timing.convert_lanes);
    program.overhead += timing.issue;
  }
  return program;
}

}  // namespace

StreamReduceShape part_shape(const LaunchMap& map, int line_first, int line_last, int position_first, int position_last,
                             int lanes) {
  StreamReduceShape shape;
  shape.lines = line_last - line_first;
  shape.chain = std::clamp(map.chain - line_first, 0, shape.lines);
  shape.positions = position_last - position_first;
  if (shape.chain > 0)
    shape.wavelets.assign(map.wavelets.begin() + line_first, map.wavelets.begin() + line_first + shape.chain);
  shape.elements.assign(map.elements.begin() + position_first, map.elements.begin() + position_last);
  shape.lanes = lanes;
  if (map.from_edge)
    for (int line = line_first; line < line_first + shape.chain; ++line)
      shape.edge_wavelets.push_back(map.all_wavelets(line) + map.rounds);
  shape.lists = map.lists();
  shape.chain_from_below = map.reduces && map.chain > line_last;
  shape.chain_to_above = map.reduces && line_first > 0;
  return shape;
}

void add_part(LaunchTimes& times, const LaunchMap& map, const StreamReduce& part, int line_first, int position_first,
              const FabricTiming& timing) {
  const StreamReduceShape& shape = part.shape();
  const bool top = line_first == 0;
  Cycle advances = 0;
  for (int round = 0; map.returns && round < map.rounds; ++round) advances += map.advances(round);
  std::vector<Totals> lines(static_cast<std::size_t>(shape.chain)), positions;
  for (int line = 0; line < shape.chain; ++line)
    lines[static_cast<std::size_t>(line)].wavelets = map.all_wavelets(line_first + line);
  for (int position = position_first; position < position_first + shape.positions; ++position)
    positions.push_back({0, map.all_elements(position), map.all_axpys(position, shape.lanes)});
  for (int line = 0; line < shape.lines; ++line) {
    for (int position = 0; position < shape.positions; ++position) {
      const PeTimes pe = part.pe(line, position);
      const int elements = shape.elements[static_cast<std::size_t>(position)];
      ++times.mapped;
      times.of(TimeClass::receive) += pe.received;
      if (line >= shape.chain) continue;
      if (elements == 0) {  // a PE that only sends deltas
        times.of(TimeClass::overhead) += pe.main_end - pe.blocked;
        times.of(TimeClass::blocked) += pe.blocked;
        continue;
      }
      const std::int64_t wavelets = lines[static_cast<std::size_t>(line)].wavelets;
      const Totals& of_position = positions[static_cast<std::size_t>(position)];
      const Program program = program_of(map, wavelets, of_position, elements, top && line == 0 ? advances : 0, timing);
      const Cycle sum = program.compute + program.overhead + pe.stall + pe.wait_stream + pe.wait_partial_sum +
                        pe.blocked + pe.received - pe.received_late;
      if (sum != pe.main_end)
        throw SimulationError(fmt::format("time classes of PE (line {}, position {}) add up to {} of {} cycles", line,
                                          position, sum, pe.main_end));
      times.of(TimeClass::compute) += program.compute;
      times.of(TimeClass::overhead) += program.overhead + pe.stall;
      times.of(TimeClass::wait_stream) += pe.wait_stream;
      times.of(TimeClass::wait_partial_sum) += pe.wait_partial_sum;
      times.of(TimeClass::blocked) += pe.blocked;
      times.macs += wavelets * of_position.elements / map.rounds;
    }
  }
  for (const Totals& line : lines) times.wavelet_hops += (line.wavelets + map.rounds) * shape.positions;
  std::int64_t elements = 0, listed = 0;
  for (const Totals& position : positions) elements += position.elements;
  if (map.lists())
    for (const Totals& position : positions) listed += position.elements > 0 ? position.elements + map.rounds : 0;
  times.wavelet_hops += ((map.reduces ? elements : 0) + listed) * shape.chain;
  if (map.returns && top)
    for (int round = 0; round < map.rounds; ++round) times.wavelet_hops += elements / map.rounds * map.owner_row(round);
  times.pe_rounds_copied += part.pe_rounds_added();
  times.end = std::max(times.end, part.end());
}

}  // namespace weft::hw
