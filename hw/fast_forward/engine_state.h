#pragma once
// States of engines between two rounds, kept so that equal ones are found and any can be gone on from. A state is the
// rows that each line saved (StreamState::save_line()) with the fold; states of one launch share most of their rows.
#include <cstdint>
#include <deque>
#include <vector>

#include "hw/fast_forward/fold.h"

namespace weft::hw {

/// Numbers of rows in a StateRows: the fold, what all lines share, each line. Equal numbers mean equal states.
using EngineState = std::vector<std::int32_t>;

class StateRows {
 public:
  using Row = std::vector<std::int32_t>;
  /// The number of a row with this content; `likely`: of one that it may be equal to, -1: unknown.
  std::int32_t number(const Row& row, std::int32_t likely = -1);
  const Row& row(std::int32_t number) const { return rows_[static_cast<std::size_t>(number)]; }
  std::size_t bytes() const { return bytes_; }

 private:
  std::size_t place(std::uint64_t hash) const;
  std::size_t next(std::size_t place) const;

  std::deque<Row> rows_;
  std::vector<std::uint64_t> hashes_;  ///< of the rows
  std::vector<std::int32_t> table_;    ///< of their numbers, a power of two long; -1: empty
  std::size_t bytes_ = 0;
};

/// Makes of `state`, an earlier one or none, the state of `engine`, whose positions were folded as `fold` says.
void give_state(const StreamReduce& engine, const Fold& fold, StateRows& rows, EngineState& state);
/// The fold of a state.
Fold fold_of(const EngineState& state, const StateRows& rows);
/// Gives `engine`, made for the state's fold, the state: after `rounds` rounds, its times told from its origin.
void take_state(StreamReduce& engine, const EngineState& state, const StateRows& rows, int rounds);

}  // namespace weft::hw
