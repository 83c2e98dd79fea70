#include "sw/compiler/attention_fit.h"

#include <fmt/format.h>

#include <algorithm>

#include "hw/fabric/head_grid.h"
#include "hw/kernels/rotary.h"
#include "tlm/base/error.h"

namespace weft::sw {

bool attention_fits(const MatchedModel& model, const hw::Mapping& mapping, int tokens) {
  for (const hw::MatrixLayer& layer : model.layers) {
    const hw::AttentionShape& attention = layer.attention;
    if (attention.heads == 0) continue;
    if (mapping.features_over != hw::FeatureAxis::rows || tokens % (attention.length * mapping.lanes) != 0)
      return false;
    const hw::HeadShape shape{attention.heads, layer.features() / attention.heads,
                              tokens / attention.length / mapping.lanes, attention.length};
    if (!hw::HeadGrid::misfit(mapping.lane, shape).empty()) return false;
    if (attention.rotary_base > 0 && !hw::holds_pairs({mapping.lane, layer.features(), shape.tokens()})) return false;
  }
  return true;
}

bool has_attention(const MatchedModel& model) {
  return std::any_of(model.layers.begin(), model.layers.end(),
                     [](const hw::MatrixLayer& layer) { return layer.attention.heads > 0; });
}

void require_room_for_heads(const MatchedModel& model, const hw::MachineSpec& machine) {
  for (const hw::MatrixLayer& layer : model.layers)
    if (layer.attention.heads > machine.fabric.user_height)
      throw UsageError(fmt::format("{}: {} heads need a row each; machine {} has {} rows", layer.name,
                                   layer.attention.heads, machine.name, machine.fabric.user_height));
}

}  // namespace weft::sw
