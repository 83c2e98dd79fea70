#pragma once
// The time line of every PE in a launch whose rounds have a vector and scalars: the vector comes across the lines, from
// the line that owns the round, and every PE keeps it; then the scalars come along each line, from the position that
// owns the round, and each is multiplied with the vector into sums of its own. Sums stay where they are and are rounded
// at the end (attention's P V and dS K), or in fp32 for the next tile of keys.
//
// Recurrences as in stream_reduce.h, with two streams: the vector's wavelets v, the scalars' s.
//   router  dv(l,k) = max(dv(l-1,k) + hop, dv(l,k-1) + 1, dv(l+1,k-link_queue) + 1, cv(l,k-depth) + ramp)
//           ds the same along the line, moved past the cycles in which vectors cross the ramp of its PE
//   core    cv(l,k) = max(dv(l,k) + ramp, core free); cs the same, and not before the sums are ready
// The vector has the lower color, so nothing delays it on a ramp; its queue to the core holds no more than a round's,
// depth = min(input_queue, elements + 1). So while a PE is at a round's scalars, of later vectors the first `depth`
// wavelets of the next round's can come to it and no others: they are timed before the scalars that they delay. They
// leave their owner when that is done with its own scalars, which they cannot delay. So a round is timed in the order:
// the rest of its vector, the scalars of the line that owns the next vector, the begin of that, the other lines'
// scalars. With a mask a round's vector and its elements are those of a window (launch_windows.h: no less than a queue
// holds), which each PE takes before the round. Exact; a wavelet and PE at a time, which is enough for a head's
// rectangle. Cycles are relative to the launch.
#include <cstdint>
#include <vector>

#include "hw/fabric/fabric_timing.h"
#include "hw/fabric/launch_times.h"
#include "hw/fabric/time_guard.h"

namespace weft::hw {

class VectorStage {
 public:
  /// Precondition: `map` has owners of vectors and of the stream, and must outlive it. `lanes`: elements of a
  /// multiply-add per cycle.
  VectorStage(const FabricTiming& timing, const LaunchMap& map, int lanes);

  /// All rounds of the launch. The books are closed but for LaunchTimes::close(). Throws SimulationError if a PE's
  /// classes do not add up to its time, TimeOverflow where `guard`, the launch's, says.
  LaunchTimes run(TimeGuard guard);

 private:
  /// The wavelets of one stream in a row of routers: departures and cores' takes, as far back as a queue holds.
  struct Way {
    std::int32_t* depart(std::int64_t wavelet) { return departs.data() + slot(wavelet) * width + 1; }
    std::int32_t* take(std::int64_t wavelet) { return takes.data() + slot(wavelet) * width + 1; }
    std::size_t slot(std::int64_t wavelet) const { return static_cast<std::size_t>(wavelet & (history - 1)); }

    std::vector<std::int32_t> departs, takes;  ///< [history][routers + 2]
    std::size_t width = 0;
    int history = 1;
    std::int64_t before = 0;      ///< wavelets of the rounds before
    std::int64_t owned_from = 0;  ///< the first that the owner sent
  };
  struct Pe {
    std::int32_t free = 0, ready = 0;  ///< the core; the sums
    std::int32_t stall = 0, wait_stream = 0, blocked = 0;
    std::size_t passed = 0, crossed = 0;  ///< of the vectors' wavelets on its ramp: before all to come; so far
  };

  Pe& pe(int line, int position) { return pes_[static_cast<std::size_t>(line * map_.positions + position)]; }
  bool takes(int line) const { return map_.scalars_of(line) > 0; }
  int elements_of(int round, int position) const { return map_.elements_of(round, position); }
  int depth(int position) const {
    return std::min(timing_.input_queue, map_.elements[static_cast<std::size_t>(position)] + 1);
  }
  std::int32_t source(Pe& owner, Way& way, std::int64_t wavelet, int at, std::int32_t cycles);
  void send_vector(int round, int position, int wavelet);
  void take_vector(int round, int position, int wavelet);
  void rest_of_vector(int round);
  void begin_vector(int round);
  void scalars(int round, int line);
  void take_scalar(int round, int line, int position, std::int64_t wavelet, bool control);
  void take_window(int round, int line, int position);
  void cross(int line, int position, std::int32_t time);
  std::int32_t free_ramp(int line, int position, std::int32_t from);
  void look_at_times() const;
  void add_books(LaunchTimes& times) const;

  FabricTiming timing_;
  const LaunchMap& map_;
  int lanes_;
  std::vector<Pe> pes_;                  ///< [lines][positions]
  std::vector<Way> vectors_;             ///< [positions]
  std::vector<Way> scalars_;             ///< [chain]
  std::vector<std::int32_t> crossings_;  ///< [lines][positions][most_crossings_] cycles of vectors on the ramps, a ring
  std::size_t most_crossings_ = 1;
};

}  // namespace weft::hw
