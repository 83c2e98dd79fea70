#pragma once
// Exact fast-forward in space. Neighbouring columns of PEs that stand in the same state, `shift` cycles apart, and get
// the same input `shift` cycles apart do the same, `shift` cycles apart: one of them is simulated, the others added.
//   positions (the stream runs along the columns): the first column hands every wavelet on one hop later, whatever it
//     waited for, so equal states alone make the next column a copy.
//   lines (the chain runs along the columns): a column is a copy while its input is the one's before it, `shift` later;
//     every element is compared.
// In both, room downstream must never be what a column waited for: then its neighbours' times cannot reach it. All of
// it is checked with every wavelet and element (hw/fabric/copy_checks.h). Up to the round in which a check failed the
// copies were copies: of lines every column's state before it follows, and all are simulated until copies are found
// again, or, if all that failed is that the last copies waited for room, only more of those.
#include <cstdint>
#include <vector>

#include "hw/fabric/stream_reduce.h"

namespace weft::hw {

/// What may be added instead of simulated; steady_runs.h, and above. Changes no result.
struct FastForward {
  bool runs = false, copies = false;
};

/// Neighbours that are copies of the first of them in the direction of travel.
struct Fold {
  bool of_lines = false;    ///< else of positions
  std::int32_t shift = 0;   ///< cycles from one copy to the next
  std::vector<int> first;   ///< per group: the line or position that stands for it
  std::vector<int> copies;  ///< per group: how many it stands for, itself included
};

/// The same neighbours, of lines; of `group` the last `lines` of the way stand for themselves, or all but one.
Fold without_last(const Fold& fold, int group, int lines);

// Of engines of a part without neighbours, between rounds.

/// Which lines or positions are copies of each other now. `spared`: so many lines at the begin of each group of copies,
/// or positions at its end if another group follows, stand for themselves.
Fold find_fold(const StreamReduce& engine, bool of_lines, int spared);
/// What one of each group does, of all of `whole`.
StreamReduceShape folded(const StreamReduceShape& whole, const Fold& fold);
/// An engine in the state of `engine` that simulates one of each group. Its books are empty, and begin from here on.
StreamReduce folded(const StreamReduce& engine, const Fold& fold);
/// The contrary, of lines: an engine of all of `whole`, in the state that `engine`, folded as `fold` says, stands for.
/// Its books are empty, and begin from here on.
StreamReduce unfolded(const StreamReduce& engine, const StreamReduceShape& whole, const Fold& fold);

}  // namespace weft::hw
