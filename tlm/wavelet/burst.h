#pragma once
// What two regions of a wafer say to each other: many wavelets of one color, with their times, in one call.
// The taker fills in the credits before it returns, so back-pressure is part of the call. Times are cycles since the
// launch began.
#include <cstdint>
#include <systemc>
#include <vector>

#include "tlm/base/units.h"

namespace weft::proto {

enum class Side { north, east, south, west };
constexpr Side opposite(Side side) { return static_cast<Side>((static_cast<int>(side) + 2) % 4); }
inline constexpr const char* side_names[] = {"north", "east", "south", "west"};

enum class BurstKind {
  stream,               ///< scalars multicast along a line: times and credits [wavelet]
  early_sum,            ///< as partial_sum, of elements that may cross the ramp before the line's stream has ended
  partial_sum,          ///< elements of a round's chain: times and credits [element][position]
  returned_sum,         ///< elements on their way to the owner of the round: times [element][position], no credits
  stream_values,        ///< scalars of several rounds: values [round][element]; no times
  partial_sum_values,   ///< accumulators of several rounds: values [round][position-major payload]
  returned_sum_values,  ///< sums of several rounds for their owners
};

struct WaveletBurst {
  BurstKind kind = BurstKind::stream;
  int round = 0;            ///< first round
  int rounds = 1;           ///< value bursts carry several
  int line = 0;             ///< of a stream, among those of its sender, which are the taker's too
  int first = 0, last = 0;  ///< wavelets or elements of the round, [first, last)
  std::vector<std::int32_t> times;
  std::vector<std::int32_t> credits;
  std::vector<float> values;
};

/// Takes bursts at an edge. Not a TLM transport: a burst has many times, so none is annotated, and what comes back are
/// its credits.
class BurstTaker : public virtual sc_core::sc_interface {
 public:
  /// Fills in `burst.credits` where the kind has them; changes nothing else.
  virtual void take(WaveletBurst& burst) = 0;
};

using WaveletIn = sc_core::sc_export<BurstTaker>;
using WaveletOut = sc_core::sc_port<BurstTaker, 1, sc_core::SC_ZERO_OR_MORE_BOUND>;

}  // namespace weft::proto
