#include "hw/fabric/attention_timer.h"

#include "hw/fabric/attention_times.h"

namespace weft::hw {

const LaunchTimes& AttentionTimer::of(KernelKind kind, const HeadGrid& grid, Rectangle rectangle) {
  const HeadShape& heads = grid.shape();
  const AttentionMask& mask = heads.mask;
  const Shape shape{kind,          rectangle.width, rectangle.height, heads.head_size, heads.length, heads.queries,
                    heads.skips(), mask.causal,     mask.reach,       mask.length,     heads.tiles,  heads.tile};
  auto known = known_.find(shape);
  if (known == known_.end()) known = known_.emplace(shape, attention_times(machine_, grid.map(kind, rectangle))).first;
  return known->second;
}

LaunchTimes AttentionTimer::of(KernelKind kind, const HeadGrid& grid) {
  LaunchTimes times;
  for (const auto& [rectangle, count] : grid.kinds()) times.add(of(kind, grid, rectangle), count);
  return times;
}

}  // namespace weft::hw
