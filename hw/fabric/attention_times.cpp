#include "hw/fabric/attention_times.h"

#include "hw/fabric/retimed_rounds.h"
#include "hw/fabric/vector_stage.h"
#include "tlm/base/checked.h"

namespace weft::hw {

void begin_windowed_round(StreamReduce& engine, const LaunchMap& map, int round) {
  std::vector<std::uint16_t> counts;
  const int columns = map.lines_are_rows ? map.positions : map.lines;
  for (int column = 0; column < columns; ++column) counts.push_back(map.windows->at(round, column).count);
  std::vector<bool> apart(static_cast<std::size_t>(map.positions), false);
  if (!map.lines_are_rows) {
    engine.begin_round(counts.data(), nullptr);
    return engine.take_windows(map.stream_owners.of(round), apart, false);
  }
  engine.begin_round(nullptr, counts.data());
  for (int column = 0; column < columns && round > 0; ++column)
    apart[static_cast<std::size_t>(column)] = !meet(map.windows->at(round - 1, column), map.windows->at(round, column));
  engine.take_windows(-1, apart, round > 0 && map.sum_owners.of(round - 1) == 0);
}

std::int64_t attention_hops(const LaunchMap& map) {
  std::int64_t hops = 0;
  for (int round = 0; round < map.rounds; ++round) {
    for (int line = 0; line < map.chain; ++line)
      hops += std::int64_t{map.positions - 1} * (map.wavelets_of(round, line) + 1);
    // Up the chain and back; where the owner changes, the control wavelet that moves the owner's switch on.
    const int back = map.sum_owners.of(round), moves = map.advances(round) ? back : 0;
    for (int position = 0; position < map.positions; ++position)
      if (const int elements = map.elements_of(round, position); map.elements[static_cast<std::size_t>(position)] > 0)
        hops += std::int64_t{map.chain - 1 + back} * elements + moves;
  }
  return hops;
}

LaunchTimes attention_times(const MachineSpec& machine, const LaunchMap& map) {
  const FabricTiming timing(machine);
  if (map.vector_owners.any())
    return VectorStage(timing, map, timing.axpy_lanes(map.half_sums)).run(TimeGuard(machine, map));
  StreamReduce engine(timing, part_shape(map, 0, map.lines, 0, map.positions, timing));
  TimeGuard guard(machine, map);
  RetimedRounds retimed;
  for (int round = 0; round < map.rounds; ++round) {
    if (guard.look_before_round()) launch_cycle(engine.end().since(), TimeGuard::attention);
    if (map.windows) begin_windowed_round(engine, map, round);
    StreamReduce::Source source;
    source.owner = map.stream_owners.of(round);
    const int owner = map.sum_owners.of(round);
    retimed.run_returning(engine, owner, [&](StreamReduce& of) { of.stream(source, nullptr, owner); });
    engine.close_reduction(map.advances(round));
  }
  EngineTimes times;
  add_part(times, map, engine, true, timing);
  times.wavelet_hops = attention_hops(map);  // a part counts as if the stream came from outside and all sums went back
  return times.from(LaunchCycle());
}

}  // namespace weft::hw
