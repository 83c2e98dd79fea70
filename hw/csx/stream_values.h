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
  /// `wafer` and `watch` outlive this. `format`: of weights, `wire`: of gradients.
  StreamValues(int system, HalfFormat format, const GradientWire& wire, Wafer& wafer, LaunchWatch& watch)
      : system_(system), format_(format), wire_(wire), wafer_(wafer), watch_(watch) {}

  /// A chunk of weights, halves in stream order, to the PEs; of a sparse layer zeros where none is kept. Throws
  /// SimulationError if a kept weight's index is not the mask's. Precondition: payload.has_bytes().
  void take_weights(const MatrixLayer& layer, KernelKind kind, const StreamShape& shape, int chunk,
                    const proto::PayloadBytes& payload);
  /// A chunk of the gradient of `layer`, whose parameters are `owner`'s: the lanes' sums, fp32 in stream order, added
  /// up, lane 0 first, as they travel.
  proto::Block::Payload gradient(const MatrixLayer& layer, int owner, const StreamShape& shape, int chunk);
  /// The same of a norm's: `totals` of its line kernel over all lanes, of each row round by round.
  proto::Block::Payload of_totals(int owner, const BlockMap& block, const StreamShape& shape, int chunk,
                                  const std::vector<float>& totals);
  /// Of the gradients so far, as they began to travel.
  const LayerLosses& losses() const { return losses_; }

 private:
  /// sums_, as they travel.
  proto::Block::Payload sent(int owner);

  const int system_;
  const HalfFormat format_;
  const GradientWire wire_;
  Wafer& wafer_;
  LaunchWatch& watch_;
  std::vector<std::uint16_t> halves_;  ///< [rounds][places]
  std::vector<float> weights_, places_, sums_, lane_sums_;
  LayerLosses losses_;
};

}  // namespace weft::hw
