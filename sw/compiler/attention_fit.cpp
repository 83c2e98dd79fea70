#include "sw/compiler/attention_fit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

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
    const hw::HeadShape shape = hw::head_shape(layer, tokens / mapping.lanes);
    if (!hw::HeadGrid::misfit(mapping.lane, shape).empty()) return false;
    if (attention.rotary_base > 0 &&
        !hw::holds_pairs({mapping.lane, layer.features(), shape.tokens(), attention.queries}))
      return false;
  }
  return true;
}

bool has_attention(const MatchedModel& model) {
  return std::any_of(model.layers.begin(), model.layers.end(),
                     [](const hw::MatrixLayer& layer) { return layer.attention.heads > 0; });
}

void require_room_for_heads(const MatchedModel& model, const hw::MachineSpec& machine, const PlanWishes& wishes) {
  for (const hw::MatrixLayer& layer : model.layers) {
    if (layer.attention.heads == 0) continue;
    if (wishes.features_over == FeaturesOver::columns)
      throw UsageError(fmt::format(
          "runconfig.features_over: columns; {} has heads, which lie over rows; allowed: auto, rows", layer.name));
    if (layer.attention.heads > machine.fabric.user_height)
      throw UsageError(fmt::format("{}: {} heads need a row each; machine {} has {} rows", layer.name,
                                   layer.attention.heads, machine.name, machine.fabric.user_height));
    const auto have_room = [&](int lanes) { return hw::fits(machine, {{1, layer.attention.heads}, lanes}); };
    if (wishes.lanes > 1 && !have_room(wishes.lanes)) {
      int most = 1;
      while (have_room(most + 1)) ++most;
      throw UsageError(
          fmt::format("runconfig.lanes: {} lanes; the {} heads of {} need a row each in every lane; machine {} has "
                      "room for {}",
                      wishes.lanes, layer.attention.heads, layer.name, machine.name, most));
    }
  }
}

namespace {

/// Most of any layer.
int tiles_of(const MatchedModel& model) {
  int most = 0;
  for (const hw::MatrixLayer& layer : model.layers) most = std::max(most, layer.attention.tiles);
  return most;
}

}  // namespace

void refuse_sequences(const MatchedModel& model, const hw::MachineSpec& machine, int most, int least,
                      const PlanWishes& wishes) {
  if (wishes.lanes > 1 && most % wishes.lanes != 0) {
    std::vector<int> allowed;
    for (int lanes = 1; lanes <= most; ++lanes)
      if (most % lanes == 0) allowed.push_back(lanes);
    throw UsageError(
        fmt::format("runconfig.lanes: {} lanes; {} sequence{} on the wafer at a time {} not divide among them, and "
                    "none may be cut; allowed: {}",
                    wishes.lanes, most, most == 1 ? "" : "s", most == 1 ? "does" : "do", fmt::join(allowed, ", ")));
  }
  throw UsageError(
      fmt::format("{} sequences on the wafer at a time, each with rows for its heads and columns of its own{}: machine "
                  "{} has {} rows and {} columns{}; a smaller runconfig.micro_batch_size has fewer",
                  least,
                  tiles_of(model) > 1 ? fmt::format(", in which each column has a token for each of {} tiles of keys "
                                                    "(model.attention_tile_keys)",
                                                    tiles_of(model))
                                      : "",
                  machine.name, machine.fabric.user_height, machine.fabric.user_width,
                  wishes.lanes > 0 ? fmt::format(", in {} lane{}", wishes.lanes, wishes.lanes == 1 ? "" : "s") : ""));
}

}  // namespace weft::sw
