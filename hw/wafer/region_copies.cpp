// What of a region's time lines is added, not simulated: columns that are copies, rounds that repeat; and the states
// and places that a launch can be gone on with from.
#include <algorithm>

#include "hw/fast_forward/tuning.h"
#include "hw/wafer/region.h"

namespace weft::hw {

// Columns become copies when the differences of the launch's begin have passed.
void Region::fold_copies(int round) {
  if (!find_copies_ || !fold_.first.empty() || !search_.looks_after(round)) return;
  engine_->settle_senders();
  Fold found = find_fold(*engine_, !part_.map().lines_are_rows, search_.spared());
  const int columns = part_.map().lines_are_rows ? part_.map().positions : part_.map().lines;
  if (static_cast<int>(found.first.size()) * tuning::least_gain > columns) return;
  fold(std::move(found));
}

void Region::fold(Fold fold) {
  begin_books();
  fold_ = std::move(fold);
  engine_ = std::make_unique<StreamReduce>(folded(*engine_, fold_));
}

// The next engine counts from here on, of what waits to send as well.
void Region::begin_books() {
  repeats_.settle(*engine_);
  repeats_ = {};
  engine_->settle_senders();
  booked_ = books();
}

void Region::unfold() {
  begin_books();
  engine_ = std::make_unique<StreamReduce>(unfolded(*engine_, whole_shape(), fold_));
  fold_ = {};
}

void Region::go_back(const Place& to) {
  engine_ = std::make_unique<StreamReduce>(*to.engine);
  fold_ = to.fold;
  booked_ = to.booked;
  repeats_ = to.repeats;
  rounds_added_ = to.rounds_added;
}

bool Region::go_back_and_spare(const Place& to, int failed) {
  const int group = engine_->copies().pushed_back;
  if (group < 0 || part_.map().lists() || to.fold.first != fold_.first) return false;
  const int lines = search_.pushed_lines(failed);
  go_back(to);
  Fold fewer = without_last(fold_, group, lines);
  unfold();
  fold(std::move(fewer));
  return true;
}

// To look costs about half a round; while columns may still be found to be copies their engine is the larger one. The
// owner is left where its round ended: after its last one it waits for nothing.
void Region::find_repeat(int round) {
  if (!find_repeats_ || (find_copies_ && fold_.first.empty() && !search_.simulates_all(round + 1))) return;
  const int owner = part_.map().owner_row(round);
  if (part_.map().last_round_of_block(round) || !repeats_.watches(owner)) return;
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
  add_runs_ = true;
  engine_ = std::make_unique<StreamReduce>(timing_, folded(whole_shape(), fold_));
  take_state(*engine_, state, rows, rounds);
}

}  // namespace weft::hw
