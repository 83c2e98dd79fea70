#include "sw/driver/chosen_tile.h"

#include <fmt/format.h>

#include <variant>

#include "sw/compiler/matched_model.h"
#include "sw/compiler/planner.h"
#include "sw/compiler/tile_choice.h"
#include "sw/driver/run_plan.h"
#include "sw/graph/network_graph.h"

namespace weft::sw {

ModelFile with_chosen_tile(ModelFile model, const hw::MachineFile& machine) {
  ModelConfig& config = model.config;
  auto* transformer = std::get_if<TransformerConfig>(&config.model.layers);
  if (!transformer || !transformer->tile_auto) return model;
  const int length = transformer->sequence_length;
  const auto plan_with = [&](int keys) {
    transformer->tile_keys = keys;
    make_plan(matched_model(network_graph(config.model)), machine.spec, batch_of_run(config), config.runconfig.num_csx,
              config.model.retain_output_layer, config.runconfig.plan);
  };
  const int keys = largest_tile(length, plan_with);
  transformer->tile_keys = keys;
  model.notes.push_back(
      keys == 0
          ? fmt::format("model.attention_tile_keys auto: scores of all {} keys fit", length)
          : fmt::format("model.attention_tile_keys auto: {} of {} keys, the largest tile that fits", keys, length));
  return model;
}

}  // namespace weft::sw
