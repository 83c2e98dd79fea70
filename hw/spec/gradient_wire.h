#pragma once
// How wide a gradient's numbers are off the wafer, and where they are rounded. Said here alone.
//
// fp32: sums travel and are summed as they are.
// 16 bits: a number of the run's format on every link. Sums are fp32 inside each block, and rounded where they leave
// it:
//   1. A system adds its lanes' sums in fp32, lane 0 first, and rounds each once on its way to the network.
//   2. A SwarmX node widens what its children sent, adds in fp32 in child order, and rounds each sum once. A node with
//      one child sends on what came.
//   3. MemoryX widens, and sums over sharers and micro-batches, squares and updates in fp32.
// So a gradient is rounded once for the system and once for each node above it with several children; all systems send
// through as many levels. On the wafer nothing changes: wavelets, row buffers and channels carry fp32 sums either way.
// Every gradient travels so: of matrices, biases, norms and tables, of a sparse layer what is kept. Losses and counts
// stay fp32.
#include <cstdint>
#include <vector>

#include "tlm/base/half.h"
#include "tlm/base/units.h"

namespace weft::hw {

/// Rounding is that of half.h: to nearest even, subnormals kept, overflow to infinity. What it lost is the caller's to
/// keep.
class GradientWire {
 public:
  /// fp32.
  GradientWire() = default;
  /// 16 bits of `format`.
  explicit GradientWire(HalfFormat format) : halves_(true), format_(format) {}

  bool halves() const { return halves_; }
  Bytes element_bytes() const { return halves_ ? 2 : 4; }
  /// `count` sums as they travel; returns what became of those that were rounded, nothing where they are fp32.
  HalfLosses put(const float* sums, std::size_t count, std::uint8_t* to) const;
  /// `count` numbers that travelled, widened.
  void take(const std::uint8_t* from, std::size_t count, float* sums) const;

 private:
  bool halves_ = false;
  HalfFormat format_ = HalfFormat::fp16;
};

/// What rounding lost, by the layer whose parameters they are; as long as the last of them.
using LayerLosses = std::vector<HalfLosses>;
void add_losses(LayerLosses& to, int layer, const HalfLosses& losses);
void add_losses(LayerLosses& to, const LayerLosses& losses);

}  // namespace weft::hw
