#include "sw/crosscheck/stalled_end.h"

#include <algorithm>
#include <vector>

#include "hw/fabric/launch_times.h"
#include "hw/fabric/retimed_rounds.h"
#include "hw/fabric/stream_reduce.h"
#include "hw/pe/edge_player.h"
#include "sw/kernels/matrix_colors.h"

namespace weft::sw {

namespace {

class StalledRun {
 public:
  StalledRun(const hw::MachineSpec& machine, const hw::LaunchMap& map, const hw::ArraySetup& array)
      : map_(map), timing_(timing_of(hw::FabricTiming(machine), map)), engine_(timing_, shape_of(machine, map)) {
    const auto play = [&](hw::Port side, int count) {
      for (int along = 0; along < count; ++along)
        edges_.emplace_back(machine.router, array.edges[static_cast<std::size_t>(array.edge(side, along))]);
    };
    if (map.from_edge) play(hw::Port::west, map.chain);
    if (leaves()) play(hw::Port::east, map.positions);
  }

  Cycle end() {
    for (round_ = 0; round_ < map_.rounds; ++round_) {
      if (map_.kept) engine_.begin_round(map_.kept->round(round_), nullptr);
      if (hw::retimes(timing_, map_)) {
        const std::vector<hw::EdgePlayer> before = edges_;
        retimed_.run_returning(engine_, owner(), [&](hw::StreamReduce& /*engine*/) {
          edges_ = std::vector<hw::EdgePlayer>(before);
          stream_all();
        });
        engine_.close_reduction(map_.advances(round_));
        continue;
      }
      stream_all();
      if (map_.reduces) {
        close_sum();
      } else {
        engine_.close_without_reduction();
      }
    }
    if (map_.rounds_sums()) engine_.round_sums();
    return engine_.end().since();
  }

 private:
  static hw::StreamReduceShape shape_of(const hw::MachineSpec& machine, const hw::LaunchMap& map) {
    hw::StreamReduceShape shape = part_shape(map, 0, map.lines, 0, map.positions, hw::FabricTiming(machine));
    shape.chain_to_above = map.reduces && !map.returns;
    return shape;
  }

  bool leaves() const { return map_.reduces && !map_.returns; }
  int owner() const { return map_.returns ? map_.sum_owners.of(round_) : -1; }

  /// The streams, and what comes of each line's sum before its stream has ended.
  void stream_all() {
    for (int line = map_.chain - 1; line >= 0; --line) {
      stream(line);
      if (map_.reduces) open_sum(line);
    }
  }

  void stream(int line) {
    const int wavelets = engine_.sizes().data(line) + 1;
    hw::StreamReduce::Source source;
    if (!map_.from_edge) {
      source.owner = map_.stream_owners.of(round_);
      return engine_.stream(line, 0, wavelets, source);
    }
    source.side = -1;
    hw::EdgePlayer& edge = edges_[static_cast<std::size_t>(line)];
    for (int first = 0; first < wavelets; first += timing_.link_queue) {
      const int last = std::min(first + timing_.link_queue, wavelets);
      for (int offset = first; offset < last; ++offset) {
        const Cycle now = edge.next();
        edge.send(now);
        engine_.halo(-1, line, offset) = static_cast<std::int32_t>(now);
      }
      engine_.stream(line, first, last, source);
      for (int offset = first; offset < last; ++offset)
        edge.give_credit(MatrixColors::stream, engine_.departure(-1, line, offset) + 1);
    }
  }

  void open_sum(int line) {
    engine_.open_reduction(line, nullptr);
    for (int element = 0; element < engine_.sizes().early_elements(); ++element) {
      engine_.reduce_early(line, element, owner());
      if (line == 0) leave(element);
    }
  }

  void close_sum() {
    for (int element = engine_.sizes().early_elements(); element < engine_.sizes().max_elements(); ++element) {
      engine_.reduce(element, element + 1, owner());
      leave(element);
    }
    engine_.close_reduction(map_.advances(round_));
  }

  void leave(int element) {
    if (!leaves()) return;
    std::vector<std::int32_t> departures(static_cast<std::size_t>(map_.positions)), taken = departures;
    engine_.get_leaving(element, departures.data());
    for (int position = 0; position < map_.positions; ++position) {
      const auto at = static_cast<std::size_t>(position);
      if (element >= map_.elements[at]) continue;
      taken[at] =
          static_cast<std::int32_t>(edges_[at].take(MatrixColors::sums_of(0), Cycle{departures[at]} + timing_.hop) - 1);
    }
    engine_.set_above(element, taken.data());
  }

  const hw::LaunchMap& map_;
  hw::FabricTiming timing_;
  hw::StreamReduce engine_;
  hw::RetimedRounds retimed_;
  std::vector<hw::EdgePlayer> edges_;  ///< [chain lines] of the stream, or [positions] of the sums
  int round_ = 0;
};

}  // namespace

Cycle stalled_end(const hw::MachineSpec& machine, const hw::LaunchMap& map, const hw::ArraySetup& array) {
  return StalledRun(machine, map, array).end();
}

}  // namespace weft::sw
