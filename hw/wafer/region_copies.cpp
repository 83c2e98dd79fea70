// What of a region's time lines is added, not simulated: columns that are copies, rounds that repeat; and the states
// and places that a launch can be gone on with from.
#include <algorithm>

#include "hw/wafer/region.h"

namespace weft::hw {

bool Region::alone() const {
  return !neighbour(left()) && !neighbour(right()) && !neighbour(above()) && !neighbour(below());
}

// Columns become copies when the differences of the launch's begin have passed; to look costs about a round.
void Region::fold_copies(int round) {
  constexpr int rounds_between_looks = 4;
  if (!find_copies_ || !fold_.first.empty() || simulates_all(round + 1)) return;
  if (round > rounds_between_looks && round % rounds_between_looks != 0) return;
  engine_->settle_senders();
  Fold found = engine_->find_fold(!map_->lines_are_rows, spared_);
  const int columns = map_->lines_are_rows ? map_->positions : map_->lines;
  constexpr int least_gain = 2;
  if (static_cast<int>(found.first.size()) * least_gain > columns) return;
  fold(std::move(found));
}

void Region::fold(Fold fold) {
  begin_books();
  fold_ = std::move(fold);
  engine_ = std::make_unique<StreamReduce>(engine_->folded(fold_));
}

// The next engine counts from here on, of what waits to send as well.
void Region::begin_books() {
  repeats_.settle(*engine_);
  repeats_ = {};
  engine_->settle_senders();
  booked_ = books();
}

// What comes late makes lines at the foot of a chain wait, the later the more of them; those behind them get it in
// time. Where the first of those that stood for others soon waited again, more lines are simulated, or all for a while,
// the next time for twice as long.
void Region::simulate_all(int first, int last) {
  constexpr int soon = 128, late = 1024, least_share = 8;
  const int since = all_rounds_.empty() ? last : last - all_rounds_.back().second;
  if (since < soon) spared_ = 2 * spared_ + 1;
  if (since > late) spared_ /= 2;
  if (spared_ * least_share > map_->lines) {
    spared_ = 0;
    last += soon << gave_up_++;
  }
  all_rounds_.emplace_back(first, last);
}

// Columns of fewer tokens are a cycle faster in a sum; where a sum of theirs holds up a wavelet that has passed those
// of the columns before them, some of these wait for room.
bool Region::spare_positions() {
  constexpr int least = 8, most = 64;
  spared_ = std::max(least, 2 * spared_);
  return spared_ <= most;
}

bool Region::simulates_all(int round) const {
  return std::any_of(all_rounds_.begin(), all_rounds_.end(),
                     [round](const auto& rounds) { return rounds.first <= round && round <= rounds.second; });
}

void Region::unfold() {
  begin_books();
  engine_ = std::make_unique<StreamReduce>(engine_->unfolded(whole_shape(), fold_));
  fold_ = {};
}

void Region::go_back(const Place& to) {
  engine_ = std::make_unique<StreamReduce>(*to.engine);
  fold_ = to.fold;
  booked_ = to.booked;
  repeats_ = to.repeats;
  rounds_added_ = to.rounds_added;
}

// An edge that cannot take the sums as fast as they are made pushes back along the chain, in a launch a line further
// every few rounds.
bool Region::go_back_and_spare(const Place& to, int failed) {
  constexpr int least = 4, soon = 128;
  const int group = engine_->pushed_back();
  if (group < 0 || map_->lists() || to.fold.first != fold_.first) return false;
  const bool again = pushed_lines_ > 0 && failed - pushed_round_ < soon;
  pushed_lines_ = again ? 2 * pushed_lines_ : std::max(least, pushed_lines_ / 2);
  pushed_round_ = failed;
  go_back(to);
  Fold fewer = without_last(fold_, group, pushed_lines_);
  unfold();
  fold(std::move(fewer));
  return true;
}

// To look costs about half a round; while columns may still be found to be copies their engine is the larger one. The
// owner is left where its round ended: after its last one it waits for nothing.
void Region::find_repeat(int round) {
  if (!find_repeats_ || (find_copies_ && fold_.first.empty() && !simulates_all(round + 1))) return;
  const int owner = map_->owner_row(round);
  if (map_->last_round_of_block(round) || !repeats_.watches(owner)) return;
  engine_->settle_senders(owner + 1);
  repeats_.note(*engine_, owner, books());
}

bool Region::give_state(StateRows& rows, EngineState& state) const {
  if (fold_.first.empty() || fold_.of_lines) return false;
  hw::give_state(*engine_, fold_, rows, state);
  return true;
}

void Region::resume(const StateRows& rows, const EngineState& state, int rounds) {
  fold_ = fold_of(state, rows);
  booked_ = {};
  repeats_ = {};
  find_repeats_ = adds_round_ = false;
  engine_ = std::make_unique<StreamReduce>(timing_, whole_shape(), fold_);
  take_state(*engine_, state, rows, rounds);
}

}  // namespace weft::hw
