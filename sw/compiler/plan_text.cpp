#include "sw/compiler/plan_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "hw/fabric/head_grid.h"
#include "hw/spec/kernel_table.h"
#include "sw/compiler/order_check.h"
#include "sw/compiler/tile_choice.h"
#include "tlm/base/wrap.h"

namespace weft::sw {

namespace {

/// A lane as the machine's rows and columns count it.
hw::Rectangle on_machine(const hw::Mapping& mapping) {
  if (mapping.features_over == hw::FeatureAxis::columns) return {mapping.lane.height, mapping.lane.width};
  return mapping.lane;
}

/// Empty if there are none.
std::string tiles_text(const std::vector<hw::MatrixLayer>& layers) {
  for (const hw::MatrixLayer& layer : layers)
    if (const int tiles = layer.attention.tiles; tiles > 0)
      return fmt::format("attention in {} tile{} of about {} of {} keys\n", tiles, tiles == 1 ? "" : "s",
                         keys_of_tile(layer.attention), layer.attention.length);
  return {};
}

}  // namespace

std::string axis_text(hw::FeatureAxis features_over) {
  return features_over == hw::FeatureAxis::rows ? "features over rows, tokens over columns"
                                                : "features over columns, tokens over rows";
}

std::string pes_text(const hw::Mapping& mapping) {
  const hw::Rectangle lane = on_machine(mapping);
  const std::string pes = fmt::format("{} x {} PEs", lane.width, lane.height);
  return mapping.lanes == 1 ? pes : fmt::format("{} lanes of {}", mapping.lanes, pes);
}

std::string plan_text(const Plan& plan, const std::vector<hw::MatrixLayer>& layers, const hw::MachineSpec& machine) {
  const hw::Mapping& mapping = plan.mapping;
  const int of_lane = mapping.lane_tokens(plan.tokens, 0);
  const bool columns = mapping.features_over == hw::FeatureAxis::columns;
  std::string text = fmt::format("plan on {}: {} of {} x {}\n", machine.name, pes_text(mapping),
                                 machine.fabric.user_width, machine.fabric.user_height);
  text += axis_text(mapping.features_over) + "\n";
  text += fmt::format("tokens on the wafer {} ({} micro-batch{}), at most {} per {}\n", plan.tokens, plan.micro_batches,
                      plan.micro_batches == 1 ? "" : "es", ceil_div(of_lane, std::min(mapping.lane.width, of_lane)),
                      columns ? "row" : "column");
  text += fmt::format("weight streams {}, free of deadlock\n", order_text(plan.order));
  text += tiles_text(layers);
  for (const hw::MatrixLayer& layer : layers)
    if (layer.trained)
      text += fmt::format("of {} {:.2f} % of the weights are kept, {}\n", layer.name, 100 * layer.trained->density(),
                          layer.zeros_travel() ? "sent among the zeros" : "each sent with its index");
  text += fmt::format("output layer's weights {}\n",
                      plan.retain ? "retained for its delta" : "streamed again for its delta");
  text += plan.segment < static_cast<int>(layers.size())
              ? fmt::format("activations: the input of every {} layers kept, the others computed again\n", plan.segment)
              : std::string("activations all kept\n");
  text += fmt::format("\n{:<26} {:<20} {:>14} {:>16}\n", "launch", "layer", "wafer cycles", "Ethernet cycles");
  for (const PlannedLaunch& launch : plan.train) {
    const hw::MatrixLayer& layer = layers[static_cast<std::size_t>(launch.launch.layer)];
    const int tile = hw::tile_number(layer, launch.launch);
    text += fmt::format("{:<26} {:<20} {:>14} {:>16}\n", hw::kernel_name(launch.launch.kind),
                        tile > 0 ? fmt::format("{}, tile {}", layer.name, tile) : layer.name, launch.predicted,
                        launch.stream);
  }
  if (!plan.bounds.empty()) text += fmt::format("\n{:<54} {:>14}\n", "works all through a step", "cycles");
  bool told = false;  // of equals the first binds
  const auto bound_line = [&](const std::string& what, Cycle cycles) {
    const bool binds = !told && cycles == plan.predicted_step;
    told = told || binds;
    text += fmt::format("  {:<52} {:>14}{}\n", what, cycles, binds ? "    binds" : "");
  };
  for (const StepBound& bound : plan.bounds) bound_line(bound.what, bound.cycles);
  if (plan.walk > 0) bound_line("launches, words and updates waiting for each other", plan.walk);
  text += fmt::format("predicted step: {} cycles = {:.3f} ms at {} MHz\n", plan.predicted_step,
                      1e3 * machine.clock.seconds(plan.predicted_step), machine.clock.mega_hertz);
  text += fmt::format("\nSRAM of the fullest PE: {} of {} bytes\n", total_bytes(plan.sram), machine.pe.sram_bytes);
  for (const SramItem& item : plan.sram) text += fmt::format("  {:<44} {:>8}\n", item.name, item.bytes);
  text += "\ncolors\n";
  for (const std::string& color : plan.colors) text += "  " + color + "\n";
  text +=
      "\ntried: lanes x width x height; micro-batches; output weights; layers a segment;\n       cycles of all "
      "launches; SRAM\n";
  for (const PlanAlternative& tried : plan.alternatives)
    text += fmt::format("  {:>2} x {:>4} x {:<4} {:<7} {:>5} {:<9} {:>4} {:>16} {:>9}\n", tried.mapping.lanes,
                        on_machine(tried.mapping).width, on_machine(tried.mapping).height,
                        tried.kind == PlanKind::features_over_columns ? "turned" : "", tried.micro_batches,
                        tried.retain ? "retained" : "streamed", tried.segment,
                        tried.predicted_step ? std::to_string(tried.predicted_step) : "does not fit", tried.sram_bytes);
  text += wrapped("why: ", 5, plan.reason);
  return text;
}

}  // namespace weft::sw
