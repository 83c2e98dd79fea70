#include "sw/driver/job_builder.h"

#include <fmt/format.h>

#include <algorithm>

#include "sw/compiler/kernel_matching.h"
#include "sw/graph/initial_weights.h"
#include "tlm/base/error.h"

namespace weft::sw {

hw::Job build_job(const ModelConfig& config, const std::vector<hw::MatrixLayer>& layers, const Plan& plan,
                  std::int64_t first_step, std::int64_t eval_samples) {
  const RunConfig& run = config.runconfig;
  hw::Job job;
  job.layers = layers;
  const int depth = static_cast<int>(job.layers.size());
  job.train_launches = train_launches(depth, plan.retain, plan.segment);
  job.eval_launches = eval_launches(depth);
  job.first_step = first_step;
  job.checkpoint_steps = run.checkpoint_steps;
  job.initial_checkpoint = run.save_initial_checkpoint && first_step == 0;
  job.final_checkpoint = run.mode != Mode::eval;
  job.systems = run.num_csx;
  job.batch = run.mode == Mode::eval ? config.eval_input.batch_size : config.train_input.batch_size;
  job.micro_batches = plan.micro_batches;
  job.seed = run.seed;
  job.optimizer = config.optimizer;
  job.schedule = config.schedule;
  job.loss_scale = config.loss_scale;
  job.whole_tensor_placement = run.whole_tensor_placement;
  job.stream_order = plan.order;
  if (run.mode != Mode::eval) {
    const std::int64_t steps = run.max_steps - first_step;
    if (steps <= 0)
      throw UsageError(
          fmt::format("runconfig.max_steps: {} steps, of which {} are done already; nothing is left to train",
                      run.max_steps, first_step));
    job.stages.push_back({true, steps});
  }
  if (run.mode != Mode::train) {
    const std::int64_t whole = ceil_div(eval_samples, job.batch);
    if (run.eval_steps > whole)
      throw UsageError(
          fmt::format("runconfig.eval_steps: {} batches of {}; the evaluation set has {} samples, {} batches",
                      run.eval_steps, job.batch, eval_samples, whole));
    job.stages.push_back({false, run.eval_steps > 0 ? run.eval_steps : whole});
  }
  return job;
}

hw::TrainingState initial_state(const ModelConfig& config) {
  const std::vector<hw::MatrixLayer> layers = matrix_layers(config.model);
  const std::vector<LayerParameters> parameters = initial_weights(layers, config.runconfig.seed);
  hw::TrainingState state;
  state.loss_scale = config.loss_scale.initial;
  for (std::size_t index = 0; index < layers.size(); ++index) {
    hw::LayerState layer{layers[index].name, hw::state_tensors(layers[index], config.optimizer), 0};
    layer.tensors[0].values = parameters[index].weight;
    layer.tensors[1].values = parameters[index].bias;
    state.layers.push_back(std::move(layer));
  }
  return state;
}

}  // namespace weft::sw
