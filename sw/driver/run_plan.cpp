#include "sw/driver/run_plan.h"

#include <fmt/format.h>

#include "sw/compiler/matched_model.h"
#include "sw/compiler/plan_file.h"
#include "sw/compiler/plan_text.h"
#include "sw/compiler/step_bounds.h"
#include "sw/compiler/wire_choice.h"
#include "sw/driver/chosen_tile.h"
#include "sw/driver/run_folder.h"
#include "sw/driver/run_layers.h"
#include "sw/driver/starting_file.h"
#include "sw/driver/state_at_start.h"
#include "sw/graph/network_graph.h"
#include "tlm/base/json_text.h"
#include "tlm/base/wrap.h"

namespace weft::sw {

namespace {

Surroundings around(const ModelConfig& config) {
  return {config.optimizer, config.runconfig.num_csx, config.runconfig.whole_tensor_placement, config.clip,
          config.loss_scale};
}

MatchedModel matched_run(const ModelConfig& config, const std::vector<hw::MatrixLayer>& layers) {
  MatchedModel model = matched_model(network_graph(config.model));
  model.layers = layers;  // with their masks
  return model;
}

Plan plan_now(const ModelFile& model, const hw::MachineFile& machine, std::vector<hw::MatrixLayer>& layers) {
  const ModelConfig& config = model.config;
  MatchedModel matched = matched_run(config, layers);
  Plan plan = plan_with_wire(matched, machine.spec, batch_of_run(config), config.model.retain_output_layer,
                             config.runconfig.plan, around(config));
  layers = std::move(matched.layers);
  return plan;
}

/// 80 columns, but for a path that is longer.
std::string notes_text(const ModelFile& model) {
  std::string text;
  for (const std::string& note : model.notes) text += wrapped("", 2, note);
  return text;
}

}  // namespace

int batch_of_run(const ModelConfig& config) {
  return config.runconfig.mode == Mode::eval ? config.eval_input.batch_size : config.train_input.batch_size;
}

Plan plan_of(const ModelFile& model, const hw::MachineFile& machine, std::vector<hw::MatrixLayer>& layers,
             const RunSettings& settings) {
  const Plan fresh = plan_now(model, machine, layers);
  if (settings.plan.empty()) return fresh;
  std::error_code error;
  const bool folder = std::filesystem::is_directory(settings.plan, error);
  Plan plan = read_plan(folder ? settings.plan / "plan.json" : settings.plan, matched_run(model.config, layers),
                        machine.spec, plan_inputs(machine.values, model.values), fresh);
  bound_step(plan, layers, machine.spec, around(model.config));
  return plan;
}

std::string validation_text(const ModelFile& model) {
  const Matching matching = cover_with_kernels(network_graph(model.config.model));
  std::string text = matching_table(matching);
  require_kernels(matching, text);
  if (model.config.model.sparsity.from_checkpoint)
    text += "sparse: weights that are zero in the checkpoint that the run starts from\n";
  for (const hw::MatrixLayer& layer : matched_model(matching).layers)
    if (layer.sparse())
      text += fmt::format("sparse: {:g} % of the weights of {} are zero\n", 100 * layer.sparsity, layer.name);
  const auto* transformer = std::get_if<TransformerConfig>(&model.config.model.layers);
  if (transformer && transformer->tile_auto)
    text += "model.attention_tile_keys auto: scores are shown whole; --compile_only says what the plan takes\n";
  return text + notes_text(model);
}

std::string compile(const ModelFile& written, const hw::MachineFile& machine, const RunSettings& settings) {
  const ModelFile model = with_chosen_tile(written, machine);
  RunFolder folder(settings.model_dir, model.config.model.name, FolderUse::plan);
  std::vector<hw::MatrixLayer> layers = layers_of_run(model.config, starting_file(settings, nullptr));
  const Plan plan = plan_now(model, machine, layers);
  RunState state = state_at_start(settings, model, machine.spec.name);
  state.phase = RunPhase::planned;
  folder.open(state);
  const std::filesystem::path file = folder.path() / "plan.json";
  write_whole(file, json_text(plan_file_json(plan, layers, plan_inputs(machine.values, model.values)), 1) + "\n");
  return plan_text(plan, layers, machine.spec) + notes_text(model) + "plan written to " + file.string() + "\n";
}

}  // namespace weft::sw
