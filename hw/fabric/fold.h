#pragma once
// Exact fast-forward in space. Neighbouring columns of PEs that stand in the same state, `shift` cycles apart, and get
// the same input `shift` cycles apart do the same, `shift` cycles apart: one of them is simulated, the others added.
//   positions (the stream runs along the columns): the first column hands every wavelet on one hop later, whatever it
//     waited for, so equal states alone make the next column a copy.
//   lines (the chain runs along the columns): a column is a copy while its input is the one's before it, `shift` later;
//     every element is compared.
// In both, room downstream must never be what a column waited for: then its neighbours' times cannot reach it. All of
// it is checked with every wavelet and element; StreamReduce::fold_holds() tells when a check failed. Up to that round
// the copies were copies: of lines every column's state before it follows, and all are simulated until copies are found
// again, or, if all that failed is that the last copies waited for room, only more of those.
#include <cstdint>
#include <vector>

namespace weft::hw {

/// What may be added instead of simulated; see StreamReduceShape::add_runs and above. Changes no result.
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

}  // namespace weft::hw
