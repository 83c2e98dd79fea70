#pragma once
// What two regions of a wafer say to each other: many wavelets of one color, with their times, in one transaction.
// A burst is carried by TLM's blocking transport interface; the callee fills in the credits before it returns, so
// back-pressure is part of the transaction. Times are cycles since the launch began.
#include <cstdint>
#include <systemc>
#include <tlm>
#include <vector>

#include "tlm/base/units.h"

namespace weft::proto {

enum class Side { north, east, south, west };
constexpr Side opposite(Side side) { return static_cast<Side>((static_cast<int>(side) + 2) % 4); }
inline constexpr const char* side_names[] = {"north", "east", "south", "west"};

enum class BurstKind {
  stream,               ///< scalars multicast along a line: times and credits [wavelet]
  list,                 ///< indices of a sparse round, along a line's way: times and credits [wavelet]
  early_sum,            ///< as partial_sum, of elements that may cross the ramp before the line's stream has ended
  partial_sum,          ///< elements of a round's chain: times and credits [element][position]
  returned_sum,         ///< elements on their way to the owner of the round: times [element][position], no credits
  stream_values,        ///< scalars of several rounds: values [round][element]; no times
  partial_sum_values,   ///< accumulators of several rounds: values [round][position-major payload]
  returned_sum_values,  ///< sums of several rounds for their owners
};

struct WaveletBurst {
  BurstKind kind = BurstKind::stream;
  int round = 0;   ///< first round
  int rounds = 1;  ///< value bursts carry several
  int line = 0;    ///< of a stream, or position of a list; among those of its sender, which are the taker's too
  int first = 0, last = 0;  ///< wavelets or elements of the round, [first, last)
  std::vector<std::int32_t> times;
  std::vector<std::int32_t> credits;
  std::vector<float> values;
};

/// What TLM's sockets ask of a protocol that is not the base protocol.
struct WaveletProtocol {
  using tlm_payload_type = WaveletBurst;
  using tlm_phase_type = tlm::tlm_phase;
};

/// Forward path: TLM's blocking transport of bursts. There is no backward path: credits are part of the transaction.
class WaveletTransport : public virtual tlm::tlm_blocking_transport_if<WaveletBurst> {
 public:
  using protocol_types = WaveletProtocol;
};
class WaveletBackward : public virtual sc_core::sc_interface {
 public:
  using protocol_types = WaveletProtocol;
};

using WaveletIn = tlm::tlm_base_target_socket<32, WaveletTransport, WaveletBackward, 0, sc_core::SC_ZERO_OR_MORE_BOUND>;
using WaveletOut =
    tlm::tlm_base_initiator_socket<32, WaveletTransport, WaveletBackward, 0, sc_core::SC_ZERO_OR_MORE_BOUND>;

}  // namespace weft::proto
