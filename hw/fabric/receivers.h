#pragma once
// The receiving thread of every PE of a part: when a returned sum's elements cross the ramp, and the cycles that they
// take from the main thread.
//
// An element reaches the router of the row that owns it and crosses the ramp at once, for nothing goes before a
// returned sum there (rtl/ISA.md: the lower color goes first); it takes one cycle of the core when it gets there. All
// elements of a round are known before anything that they can delay is timed.
#include <cstdint>
#include <vector>

#include "hw/fabric/time_rings.h"

namespace weft::hw {

class Receivers {
 public:
  /// Lines from `chain` on have no main thread. `memory`: rounds after which no wavelet can meet an element on the ramp
  /// that the main thread has passed.
  Receivers(int lines, int chain, std::size_t positions, std::int32_t ramp, int memory);

  /// Whether there are elements at the line, at any position, that its main threads have not passed.
  bool wait_at(int line) const { return waiting_[static_cast<std::size_t>(line)] > 0; }
  /// The most of them at one position.
  std::int32_t most_waiting(int line) const;
  /// Whether a wavelet could still meet one on the line's ramps.
  bool known_at(int line) const { return !lines_[static_cast<std::size_t>(line)].times.empty(); }
  /// One more element that is at `line`'s core at times[p]; positions [first, last). Per position in the order of time.
  void receive(int line, const std::int32_t* times, int first, int last);

  /// First cycle >= `from` in which no element crosses the ramp.
  std::int32_t first_free(int line, int position, std::int32_t from) const;
  /// First cycle >= `target` that no receiver takes. The cycles from `waited_from` to it that nobody took are added to
  /// `wait`; `waited_from` moves to the result.
  std::int32_t next_free_cycle(int line, int position, std::int32_t target, std::int32_t& waited_from,
                               std::int32_t* wait);
  /// The cycle after the last of `cycles` cycles that begin at `from` and are not taken by the receiver.
  std::int32_t occupy(int line, int position, std::int32_t from, std::int32_t cycles);
  /// Once a round: forgets what nothing can meet any more; the memory goes to the next line that receives.
  void end_round(int line);

  /// Elements so far, and those of them that the main thread never saw.
  std::int32_t received(int line, int position) const;
  std::int32_t received_late(int line, int position) const;
  /// If this state was taken over from others, those count from there: elements that waited then.
  std::int32_t received_before(int line, int position) const;
  /// Cycle after the last one; 0 without any.
  std::int32_t end(int line, int position) const;

  // ---- a field of a state; time_rings.h. What has been received is not taken over. ---------------------------------
  void compare_positions(std::int32_t shift, std::vector<std::int32_t>& differs) const;
  /// Only where nothing is known at either.
  bool line_follows(int line, std::int32_t /*shift*/, const RoundSizes& /*sizes*/) const {
    return !known_at(line) && !known_at(line + 1);
  }
  void take_lines(const Receivers& from, const std::vector<LineSource>& sources);
  void take_positions(const Receivers& from, const std::vector<int>& chosen);
  /// What no wavelet still to be timed can meet on a ramp is left out.
  void save(int line, const LineOrigin& origin, Times& to) const;
  void load(int line, const LineOrigin& origin, const std::int32_t*& from);

 private:
  struct Position {
    std::int32_t count = 0;  ///< elements that are remembered
    std::int32_t taken = 0;  ///< of these, the main thread has passed the first so many
    std::int32_t received = 0, end = 0;
    std::int32_t waited = 0;  ///< elements that waited when this state was taken over
  };
  struct Line {
    std::vector<Position> positions;   ///< empty: never received
    std::vector<std::int32_t> times;   ///< [elements][positions] at the core
    std::vector<std::int32_t> passed;  ///< after each of the last rounds: elements that all main threads have passed
    std::size_t at_rest = 0;           ///< rounds that have ended since they have passed all of them
  };

  std::int32_t time(const Line& line, std::int32_t element, int position) const {
    return line.times[static_cast<std::size_t>(element) * width_ + static_cast<std::size_t>(position)];
  }
  const Position* find(int line, int position) const;
  void begin_anew(int line);
  void forget(Line& line, std::int32_t elements);
  void clear(Line& line);

  int chain_;
  std::size_t width_;
  std::int32_t ramp_;
  std::size_t memory_;
  std::vector<Line> lines_;
  std::vector<std::int64_t> waiting_;  ///< per line: elements that the main threads have not passed
  std::vector<std::int32_t> spare_;
};

}  // namespace weft::hw
