#pragma once
// In which rounds of a launch columns are looked for that are copies of each other (hw/fast_forward/fold.h), and how
// many stand for themselves. Changes no result, only what is simulated.
#include <utility>
#include <vector>

namespace weft::hw {

class CopySearch {
 public:
  /// In rounds [first, last] of a launch of so many lines no line stands for others; `last`: in which a copy was found
  /// to be none. What comes late makes lines at the foot of a chain wait, the later the more of them; those behind them
  /// get it in time. Where the first of those that stood for others soon waited again, more lines are simulated, or
  /// all for a while, the next time for twice as long.
  void simulate_all(int first, int last, int lines);
  bool simulates_all(int round) const;
  /// To look for copies of lines after `round`: it costs about a round, and in the first ones differences of the
  /// launch's begin pass.
  bool looks_after(int round) const;
  /// More positions before others of another kind stand for themselves, when the launch is run again: columns of fewer
  /// tokens are a cycle faster in a sum; where a sum of theirs holds up a wavelet that has passed those of the columns
  /// before them, some of these wait for room. False: no more.
  bool spare_positions();
  /// See find_fold().
  int spared() const { return spared_; }
  /// Of a group whose last lines waited for room in round `failed`, how many more stand for themselves. An edge that
  /// cannot take the sums as fast as they are made pushes back along the chain, in a launch a line further every few
  /// rounds.
  int pushed_lines(int failed);

 private:
  std::vector<std::pair<int, int>> all_rounds_;
  int spared_ = 0;
  int pushed_round_ = 0, pushed_lines_ = 0;
  int gave_up_ = 0;  ///< times that too many would have had to be spared
};

}  // namespace weft::hw
