#pragma once
// The lists of a sparse gradient: which elements of its vectors a PE adds up in a round. Lists come from the edge along
// the chain's way, one for each position; every PE of the way takes all of it, a wavelet a cycle, before the round's
// stream.
//   router  d(l,k) = max(d(l+1,k) + hop, d(l,k-1) + 1, d(l-1,k-link_queue) + 1, c(l,k-input_queue) + ramp), moved past
//           the cycles in which sums cross the ramp of l or leave it,
//   core    c(l,k) = max(d(l,k) + ramp, core free)
// and deltas do, of its own round too. What comes to a line before its list is whole is timed before the end of that:
//   - A list's last link_queue wavelets leave a line when the line above has passed all before them, and none of the
//     round's sums leaves before they do. So all before them is timed first, line by line the rest: the owner's list,
//     the deltas that come to others before their lists (as many as their queue holds: a round's at most), the others'
//     lists, the rest of the deltas, the sums that come to the line above.
//   - What is timed first can meet only deltas. If it did, the round is timed again, giving way to them
//     (retimed_rounds.h).
// Left out: sums of a later round, which the queue to the core lets in before the list or the last deltas of this one
// where this one has fewer sums than the queue holds.
//
// Lines that stand for copies: a list goes on a hop a cycle but the sums several, so not all departures of copies
// are copies. Of those of a column that stands for others is known whether the time is `exact` and not only a bound,
// and whether copies are `alike`, each `shift` later; else a copy's is not later than that, for all that it waits for
// is not. A core may wait for its list only if its time is both.
#include <cstdint>

#include "hw/fabric/copy_checks.h"
#include "hw/fabric/part_books.h"
#include "hw/fabric/stream_state.h"

namespace weft::hw {

/// When the deltas of a round that may come to a core before its list cross the ramp: [chain][input_queue][positions].
struct ListDeltas {
  Times first;     ///< of this round
  Times expected;  ///< to which its lists give way; none: empty
};

/// Works on what an engine of a part without neighbours holds.
class ListStage {
 public:
  ListStage(const FabricTiming& timing, StreamState& state, PartBooks& books, CopyChecks& checks, ListDeltas& deltas);

  // ---- RetimedRounds calls these in their order --------------------------------------------------------------------
  /// All but the last wavelets, which go with the lines' streams. `edge` [positions]: the cycle before the first may
  /// enter.
  void take(const std::int32_t* edge);
  /// False: what take() gave way to were not the deltas that came.
  bool deltas_as_expected() const;
  /// Before take(), which is to give way to them; until the round is closed.
  void expect_deltas(const Times& deltas) { deltas_.expected = deltas; }
  /// Of this round.
  const Times& first_deltas() const { return deltas_.first; }
  /// Whether take() times anything.
  bool is_long() const { return state_.sizes.max_elements() + 1 > timing_.link_queue; }
  /// Departure from the edge of the last wavelet of the round's lists.
  std::int32_t departure() const;

  // ---- a line's stream calls these ---------------------------------------------------------------------------------
  /// The last wavelets of a position's list, behind the round's first `deltas` that are timed.
  void pass_last(int line, int position, int deltas);
  /// Wavelets of the line's stream that may come before its lists.
  int early_deltas(int line) const { return stream_depth(timing_, state_.sizes, line); }
  void note_first_deltas(int line, int owner);
  /// Of the stream's queue to the core no more than a round's are used: so many may come before the round's list.
  static int stream_depth(const FabricTiming& timing, const RoundSizes& sizes, int line) {
    return std::min(sizes.data(line) + 1, timing.input_queue);
  }

 private:
  void enter(int position, std::int64_t k, std::int32_t fed);
  void pass(int line, int position, int offset, int deltas);
  int first_of_last(const RoundSizes::Group& group) const {
    return std::max(group.elements + 1 - timing_.link_queue, 0);
  }
  /// Number of a list's wavelet.
  std::int64_t wavelet(const RoundSizes::Group& group, int offset) const {
    return group.summed + state_.sizes.rounds() + offset;
  }
  std::int32_t free_of_sums(int line, int position, std::int32_t from) const;
  std::int32_t free_of_deltas(int line, int position, int known, std::int32_t from) const;
  std::size_t first_delta(int line, int offset) const {
    return static_cast<std::size_t>(line * timing_.input_queue + offset) *
           static_cast<std::size_t>(state_.sizes.positions());
  }

  static constexpr std::int32_t no_delta = std::numeric_limits<std::int32_t>::max();

  const FabricTiming& timing_;
  StreamState& state_;
  PartBooks& books_;
  CopyChecks& checks_;
  ListDeltas& deltas_;
  ListTimes& lists_;
};

}  // namespace weft::hw
