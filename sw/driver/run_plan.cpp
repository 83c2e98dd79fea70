#include "sw/driver/run_plan.h"

#include "sw/compiler/kernel_matching.h"
#include "sw/compiler/plan_file.h"
#include "sw/compiler/plan_text.h"
#include "sw/compiler/step_bounds.h"
#include "sw/driver/run_folder.h"

namespace weft::sw {

namespace {

Plan plan_now(const ModelFile& model, const hw::MachineFile& machine) {
  const ModelConfig& config = model.config;
  const int batch = config.runconfig.mode == Mode::eval ? config.eval_input.batch_size : config.train_input.batch_size;
  match_kernels(operation_graph(config.model));
  const std::vector<hw::MatrixLayer> layers = matrix_layers(config.model);
  Plan plan = make_plan(layers, machine.spec, batch, config.runconfig.num_csx, config.model.retain_output_layer,
                        config.runconfig.plan);
  bound_off_wafer(plan, layers, machine.spec, config.optimizer);
  return plan;
}

}  // namespace

Plan plan_of(const ModelFile& model, const hw::MachineFile& machine, const RunSettings& settings) {
  const Plan fresh = plan_now(model, machine);
  return settings.plan.empty() ? fresh
                               : read_plan(settings.plan, matrix_layers(model.config.model), machine.spec,
                                           plan_inputs(machine.values, model.values), fresh);
}

std::string validation_text(const ModelFile& model) {
  const OperationGraph graph = operation_graph(model.config.model);
  return matching_table(graph, match_kernels(graph));
}

std::string compile(const ModelFile& model, const hw::MachineFile& machine, const RunSettings& settings) {
  const Plan plan = plan_now(model, machine);
  const std::vector<hw::MatrixLayer> layers = matrix_layers(model.config.model);
  const std::filesystem::path file = make_run_folder(settings.model_dir, model.config.model.name) / "plan.json";
  write_whole(file, plan_file_json(plan, layers, plan_inputs(machine.values, model.values)).dump(1) + "\n");
  return plan_text(plan, layers, machine.spec) + "plan written to " + file.string() + "\n";
}

}  // namespace weft::sw
