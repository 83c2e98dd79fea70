#pragma once
// The values of matrix launches' streams on their way between payloads and PEs.
#include <cstdint>
#include <vector>

#include "hw/csx/launch_watch.h"
#include "hw/spec/job.h"
#include "hw/wafer/wafer.h"
#include "tlm/block/block.h"

namespace weft::hw {

class StreamValues {
 public:
  /// `wafer` and `watch` outlive this. `format`: of weights.
  StreamValues(int system, HalfFormat format, Wafer& wafer, LaunchWatch& watch)
      : system_(system), format_(format), wafer_(wafer), watch_(watch) {}

  /// A chunk of weights, halves in stream order, to the PEs; of a sparse layer zeros where none is kept. Throws
  /// SimulationError if a kept weight's index is not the mask's. Precondition: payload.has_bytes().
  void take_weights(const MatrixLayer& layer, KernelKind kind, const StreamShape& shape, int chunk,
                    const proto::PayloadBytes& payload);
  /// A chunk of the gradient: the lanes' sums, fp32 in stream order, added up, lane 0 first.
  proto::Block::Payload gradient(const MatrixLayer& layer, const StreamShape& shape, int chunk);
  /// The same of a norm's: `totals` of its line kernel over all lanes, of each row round by round.
  static proto::Block::Payload of_totals(const BlockMap& block, const StreamShape& shape, int chunk,
                                         const std::vector<float>& totals);

 private:
  const int system_;
  const HalfFormat format_;
  Wafer& wafer_;
  LaunchWatch& watch_;
  std::vector<std::uint16_t> halves_;  ///< [rounds][places]
  std::vector<float> weights_, places_, lane_sums_;
};

}  // namespace weft::hw
