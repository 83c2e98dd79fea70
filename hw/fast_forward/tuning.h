#pragma once
// The numbers by which fast-forward chooses where to look for what can be added, and how much of it to keep. They
// change no result, only what is simulated: tuned on the launches of fold_test and on models of README.
#include <cstddef>

namespace weft::hw::tuning {

// ---- steady_runs.h: a round's stream -------------------------------------------------------------------------------
/// A line's round is watched if it has more wavelets than so many times what the recurrences look back over.
constexpr int least_run = 4;

// ---- fold.h, copy_search.h: columns --------------------------------------------------------------------------------
/// Copies are used if one of each kind makes the engine smaller by this factor.
constexpr int least_gain = 2;
/// To look for copies costs about a round.
constexpr int rounds_between_looks = 4;
/// Copies that fail again within so many rounds fail soon, after so many late.
constexpr int soon = 128, late = 1024;
/// Where more than this part of the lines would have to be spared, all are simulated for a while.
constexpr int least_share = 8;
/// Positions that stand for themselves before others of another kind, when copies have failed.
constexpr int least_spared_positions = 8, most_spared_positions = 64;
/// Lines that stand for themselves, when room ran out for the last copies.
constexpr int least_pushed_lines = 4;
/// Rounds from one place that a launch can go back to, to the next: to keep one costs about as much as a round.
constexpr int rounds_between_places = 32;

// ---- round_repeats.h: rounds
// -----------------------------------------------------------------------------------------
/// Owners that are not watched, from one that is to the next, while none has a round that repeats.
constexpr int most_skipped_owners = 31;

// ---- launch_memo.h: chunks
// -------------------------------------------------------------------------------------------
/// Of the states that a launch shape keeps.
constexpr std::size_t most_state_bytes = std::size_t{256} << 20U;

}  // namespace weft::hw::tuning
