#include "sw/driver/job_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "hw/input/sample_walk.h"
#include "sw/compiler/matched_model.h"
#include "sw/graph/initial_weights.h"
#include "sw/graph/network_graph.h"
#include "tlm/base/error.h"

namespace weft::sw {

namespace {

/// Batches of one evaluation.
std::int64_t evaluation_steps(const RunConfig& run, int batch, std::int64_t eval_samples) {
  const std::int64_t whole = ceil_div(eval_samples, batch);
  if (run.eval_steps > whole)
    throw UsageError(
        fmt::format("runconfig.eval_steps: {} batches of {}; the evaluation set has {} samples, {} batches",
                    run.eval_steps, batch, eval_samples, whole));
  return run.eval_steps > 0 ? run.eval_steps : whole;
}

/// Training steps between two evaluations; 0: none but at the end.
std::int64_t evaluation_interval(const RunConfig& run, std::int64_t last_step) {
  if (run.eval_frequency > 0 || run.eval_share == 0) return run.eval_frequency;
  return std::max<std::int64_t>(1, std::llround(run.eval_share * static_cast<double>(last_step)));
}

}  // namespace

std::int64_t training_end(const ModelConfig& config, std::int64_t samples, hw::DataPosition from,
                          std::int64_t first_step) {
  const RunConfig& run = config.runconfig;
  const int batch = config.train_input.batch_size;
  std::int64_t end = run.max_steps > 0 ? run.max_steps : std::numeric_limits<std::int64_t>::max();
  if (run.num_epochs > 0 && run.steps_per_epoch > 0) {
    end = std::min(end, run.num_epochs * run.steps_per_epoch);
  } else if (run.num_epochs > 0 && samples >= batch) {  // a smaller set is refused by the samples' source
    end = std::min(end, first_step + hw::SampleWalk(samples, batch, from).batches_until(run.num_epochs));
  }
  return end;
}

hw::Job build_job(const ModelConfig& config, const std::vector<hw::MatrixLayer>& layers, const Plan& plan,
                  std::int64_t first_step, std::int64_t last_step, std::int64_t eval_samples) {
  const RunConfig& run = config.runconfig;
  hw::Job job;
  job.layers = layers;
  const MatchedModel model = matched_model(network_graph(config.model));
  job.tensors = model.tensors;
  job.activations = model.activations;
  for (const PlannedLaunch& planned : plan.train) job.train_launches.push_back(planned.launch);
  for (const PlannedLaunch& planned : plan.eval) job.eval_launches.push_back(planned.launch);
  job.first_step = first_step;
  job.checkpoint_steps = run.checkpoint_steps;
  job.initial_checkpoint = run.save_initial_checkpoint && first_step == 0;
  job.final_checkpoint = run.mode != Mode::eval;
  job.systems = run.num_csx;
  const int batch = run.mode == Mode::eval ? config.eval_input.batch_size : config.train_input.batch_size;
  job.sample_tokens = run.plan.sample_tokens;
  job.batch = batch * job.sample_tokens;
  job.micro_batches = plan.micro_batches;
  job.seed = run.seed;
  job.format = config.model.format;
  job.gradient_wire = plan.gradient_wire;
  job.optimizer = config.optimizer;
  job.schedule = config.schedule;
  job.clip = config.clip;
  job.loss_scale = config.loss_scale;
  job.whole_tensor_placement = run.whole_tensor_placement;
  job.stream_order = plan.order;
  const std::int64_t evaluations = run.mode == Mode::train ? 0 : evaluation_steps(run, batch, eval_samples);
  if (run.mode == Mode::eval) {
    job.stages.push_back({false, evaluations});
    return job;
  }
  if (last_step <= first_step)
    throw UsageError(fmt::format("{}: {} steps, of which {} are done already; nothing is left to train",
                                 run.max_steps > 0 ? "runconfig.max_steps" : "runconfig.num_epochs", last_step,
                                 first_step));
  const std::int64_t part = run.mode == Mode::train_and_eval ? evaluation_interval(run, last_step) : 0;
  for (std::int64_t done = first_step; done < last_step;) {
    const std::int64_t next = part > 0 ? std::min(last_step, (done / part + 1) * part) : last_step;
    job.stages.push_back({true, next - done});
    if (run.mode == Mode::train_and_eval) job.stages.push_back({false, evaluations});
    done = next;
  }
  return job;
}

hw::TrainingState initial_state(const ModelConfig& config) {
  const std::vector<hw::MatrixLayer> layers = matched_model(network_graph(config.model)).layers;
  const std::vector<LayerParameters> parameters =
      initial_weights(layers, config.runconfig.seed,
                      config.model.transformer() ? config.model.transformer()->initializer : Initializer());
  hw::TrainingState state;
  state.loss_scale = config.loss_scale.initial;
  for (std::size_t index = 0; index < layers.size(); ++index) {
    hw::LayerState layer{layers[index].name, hw::state_tensors(layers[index], config.optimizer), 0};
    parameters[index].put_into(layer);
    state.layers.push_back(std::move(layer));
  }
  return state;
}

}  // namespace weft::sw
