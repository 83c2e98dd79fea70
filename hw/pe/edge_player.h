#pragma once
// Plays one ArrayEdge by the rules of a link: one wavelet per cycle, never more than the queue behind it has room for.
#include <map>
#include <vector>

#include "hw/pe/array_setup.h"
#include "hw/pe/credits.h"

namespace weft::hw {

class EdgePlayer {
 public:
  /// `edge` must outlive this object.
  EdgePlayer(const RouterSpec& spec, const ArrayEdge& edge);

  /// Cycle in which the source's next wavelet departs as far as is known; `never` if none.
  Cycle next() const;
  /// Sends it. Precondition: now == next().
  const Wavelet& send(Cycle now);
  /// The PE's queue has room for one more of this color from `usable`.
  void give_credit(int color, Cycle usable);
  /// A wavelet of the PE may leave this edge's queue from `available`; returns when its room may be used again.
  Cycle take(int color, Cycle available);
  bool exhausted() const { return sent_ == edge_.source.size(); }

 private:
  const ArrayEdge& edge_;
  std::vector<Credits> credits_;  ///< by color
  std::size_t sent_ = 0;
  Cycle after_last_ = 0;
  struct Taken {
    std::size_t count = 0;
    Cycle last = -1;
  };
  std::map<int, Taken> taken_;  ///< by color
};

}  // namespace weft::hw
