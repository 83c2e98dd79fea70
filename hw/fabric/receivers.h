#pragma once
// The receiving thread of every PE of a part, and the ramp that it shares with the main thread's wavelets.
//
// A returned sum's elements reach the router of the row that owns them, cross the ramp to the core one a cycle, and
// each takes one cycle from the main thread when it gets there. On the ramp the older wavelet goes first; at equal age
// the returned sum, which comes from the north (rtl/pe: ports in the order N, E, S, W). An element waits here until
// something asks for a time past it: another wavelet for the ramp, or the main thread for a cycle. What has been
// decided then stays, so a wavelet that is timed later than it happens does not delay it. Who asks when depends on
// neither threads, regions nor fast-forward.
#include <cstdint>
#include <limits>
#include <vector>

namespace weft::hw {

class Receivers {
 public:
  /// Lines from `chain` on have no main thread: there a returned sum has the ramp for itself.
  Receivers(int lines, int chain, std::size_t positions, std::int32_t ramp);

  /// Whether a returned element still waits at the line, at any position.
  bool wait_at(int line) const { return waiting_[static_cast<std::size_t>(line)] > 0; }
  /// One more element that would be at `line`'s core at times[p], had it the ramp for itself; positions [first, last).
  /// Per position in the order of time.
  void receive(int line, const std::int32_t* times, int first, int last);

  /// Departure to the core of another wavelet that came to the router at `age` and may leave from `from` on.
  std::int32_t cross_ramp(int line, int position, std::int32_t age, std::int32_t from);
  /// First cycle >= `target` that no receiver takes. The cycles from `waited_from` to it that nobody took are added to
  /// `wait`; `waited_from` moves to the result.
  std::int32_t next_free_cycle(int line, int position, std::int32_t target, std::int32_t& waited_from,
                               std::int32_t* wait);
  /// The cycle after the last of `cycles` cycles that begin at `from` and are not taken by the receiver.
  std::int32_t occupy(int line, int position, std::int32_t from, std::int32_t cycles);
  /// Forgets what the main thread has passed; the memory goes to the next line that receives.
  void release(int line);

  /// Elements so far, and those of them that the main thread never saw.
  std::int32_t received(int line, int position) const;
  std::int32_t received_late(int line, int position) const;
  /// If this state was taken over from others, those count from there: elements that waited then.
  std::int32_t received_before(int line, int position) const;
  /// Cycle after the last one; 0 without any.
  std::int32_t end(int line, int position) const;

  // ---- copies of positions; see fold.h ---------------------------------------------------------------------------
  /// Adds to `differs` [positions] what is not as at the position before, `shift` later.
  void compare_positions(std::int32_t shift, std::vector<std::int32_t>& differs) const;
  /// Takes over the state of `all` at the positions of `chosen`, but not what has been received.
  void pick(const Receivers& all, const std::vector<int>& chosen);

  // ---- the state of a line; see StreamReduce::save_line() --------------------------------------------------------
  /// Elements still to come reach the router after `oldest` [positions].
  void save(int line, std::int32_t origin, const std::vector<std::int32_t>& oldest,
            std::vector<std::int32_t>& to) const;
  /// From what save() appended.
  void load(int line, std::int32_t origin, const std::int32_t* from);

 private:
  /// A time so early that nothing waits for it.
  static constexpr std::int32_t not_used = std::numeric_limits<std::int32_t>::min() / 2;
  struct Position {
    std::int32_t count = 0;             ///< elements in the queue of the line
    std::int32_t crossed = 0;           ///< of these, the first so many have crossed the ramp
    std::int32_t taken = 0;             ///< of these, the main thread has passed the first so many
    std::int32_t ramp_used = not_used;  ///< last cycle in which the ramp was used while an element waited
    std::int32_t received = 0, end = 0;
    std::int32_t waited = 0;  ///< elements that waited when this state was taken over
  };
  struct Line {
    std::vector<Position> positions;  ///< empty: never received
    std::vector<std::int32_t> times;  ///< [elements][positions] at the core; if not crossed, with the ramp for itself
  };

  std::int32_t& time(Line& line, std::int32_t element, int position) {
    return line.times[static_cast<std::size_t>(element) * width_ + static_cast<std::size_t>(position)];
  }
  const Position* find(int line, int position) const;
  std::int32_t cross(Line& line, int position);
  std::int32_t crossing(const Position& at, std::int32_t alone) const;

  int chain_;
  std::size_t width_;
  std::int32_t ramp_;
  std::vector<Line> lines_;
  std::vector<std::int64_t> waiting_;  ///< per line: elements that the main threads have not passed
  std::vector<std::int32_t> spare_;
};

}  // namespace weft::hw
