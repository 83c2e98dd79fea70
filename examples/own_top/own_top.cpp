// MemoryX, SwarmX and two CS-X in a top of one's own, with a monitor in the links that Weft does not know.
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "hw/csx/csx.h"
#include "hw/host/user_node.h"
#include "hw/input/input_server.h"
#include "hw/input/synthetic_source.h"
#include "hw/memoryx/memoryx.h"
#include "hw/spec/machine_file.h"
#include "hw/swarmx/swarmx.h"
#include "tlm/base/host_stack.h"
#include "tlm/block/describe.h"
#include "traffic_monitor.h"

namespace {

using namespace weft;

/// 64-32-10, three steps of 64 samples. What sw/compiler makes of a model file is written out here.
hw::Job small_job(int systems) {
  using Kind = hw::KernelKind;
  using Operand = hw::Operand;
  hw::Job job;
  job.layers = {{"fc1", 64, 32, "ReLU"}, {"fc2", 32, 10}};
  // What lies in the PEs: the samples, what each layer makes (the logits in fp32), and the deltas of these.
  enum { samples, hidden, logits, d_hidden, d_logits };
  job.tensors = {{"samples", 64}, {"fc1", 32, 0}, {"fc2", 10, 1}, {"d.fc1", 32, 1}, {"d.fc2", 10, 1}};
  job.tensors[samples].one_below = job.tensors[hidden].one_below = true;  // for the bias of the layer that reads it
  job.tensors[logits].fp32 = true;
  job.activations = d_hidden;
  const auto launch = [&job](Kind kind, int layer, hw::OperandTensors reads, hw::OperandTensors writes) {
    job.train_launches.push_back({kind, layer, reads, writes});
  };
  const auto as = [](Operand operand, int tensor) { return hw::OperandTensors().set(operand, tensor); };
  launch(Kind::load_input, 0, {}, as(Operand::result, samples));
  launch(Kind::matmul_forward, 0, as(Operand::resident, samples), as(Operand::result, hidden));
  launch(Kind::activation, 0, as(Operand::values, hidden), as(Operand::values, hidden));
  launch(Kind::matmul_forward, 1, as(Operand::resident, hidden), as(Operand::result, logits));
  launch(Kind::softmax_loss, 1, as(Operand::values, logits), as(Operand::deltas, d_logits));
  launch(Kind::matmul_gradient, 1, as(Operand::stream, d_logits).set(Operand::resident, hidden), {});
  launch(Kind::matmul_delta, 1, as(Operand::resident, d_logits), as(Operand::result, d_hidden));
  launch(Kind::activation_backward, 0, as(Operand::deltas, d_hidden).set(Operand::values, hidden),
         as(Operand::deltas, d_hidden));
  launch(Kind::matmul_gradient, 0, as(Operand::stream, d_hidden).set(Operand::resident, samples), {});
  job.stages = {{true, 3}};
  job.final_checkpoint = false;
  job.systems = systems;
  job.batch = 64;
  job.schedule.rate = 0.1;
  return job;
}

/// Small weights that differ; a study of its own would read a checkpoint.
hw::TrainingState small_weights(const hw::Job& job) {
  hw::TrainingState state = hw::initial_state(job);
  for (hw::LayerState& layer : state.layers)
    for (std::size_t i = 0; i < layer.tensors[0].values.size(); ++i)
      layer.tensors[0].values[i] = (static_cast<float>(i * 7919 % 1009) / 1009 - 0.5F) / 8;
  return state;
}

struct Losses : hw::RunObserver {
  std::vector<double> values;
  void on_step(const hw::StepResult& step) override { values.push_back(step.loss_sum); }
  void on_checkpoint(const hw::TrainingState&, Picosecond) override {}
};

struct Top : sc_core::sc_module {
  Top(const sc_core::sc_module_name& name, const hw::MachineSpec& machine, const hw::Job& job,
      const hw::SystemPlan& plan)
      : sc_module(name),
        source(job, 64, 10, 4096, 1),
        user("user_node", job, losses),
        memoryx("memoryx", job, machine, small_weights(job), to_end, recorder),
        swarmx("swarmx", machine, job.systems, false, job.gradient_wire, recorder),
        down("down", swarmx.lanes()),
        up("up", swarmx.lanes()) {
    memoryx.user_out.bind(user.memoryx_in);
    for (int lane = 0; lane < swarmx.lanes(); ++lane) {
      memoryx.lane_out[lane].bind(down.in[lane]);
      down.out[lane].bind(swarmx.memoryx_in(lane));
      swarmx.memoryx_out(lane).bind(up.in[lane]);
      up.out[lane].bind(memoryx.lane_in[lane]);
    }
    for (int system = 0; system < job.systems; ++system) {
      const std::string number = std::to_string(system);
      systems.push_back(std::make_unique<hw::CsX>(("system" + number).c_str(), system, plan, to_end, recorder));
      inputs.push_back(
          std::make_unique<hw::InputServer>(("input" + number).c_str(), job, machine, system, source, recorder));
      inputs.back()->system_out.bind(systems.back()->links.input_in);
      systems.back()->links.input_out.bind(inputs.back()->credit_in);
      for (int lane = 0; lane < swarmx.lanes(); ++lane) {
        swarmx.system_out(lane, system).bind(systems.back()->links.ethernet_in[lane]);
        systems.back()->links.ethernet_out[lane].bind(swarmx.system_in(lane, system));
      }
    }
  }

  Losses losses;
  hw::RunToEnd to_end;
  proto::NullRecorder recorder;
  hw::SyntheticSource source;
  hw::UserNode user;
  hw::MemoryX memoryx;
  hw::Swarmx swarmx;
  TrafficMonitor down, up;
  std::vector<std::unique_ptr<hw::CsX>> systems;
  std::vector<std::unique_ptr<hw::InputServer>> inputs;
};

void print(const char* way, const TrafficMonitor& monitor) {
  for (const auto& [kind, count] : monitor.counts())
    std::printf("%s %s: %lld blocks, %lld bytes, the last at %.3f us\n", way, proto::name_of(kind),
                static_cast<long long>(count.blocks), static_cast<long long>(count.bytes),
                static_cast<double>(count.last) * 1e-6);
}

int run() {
  const hw::MachineSpec machine = hw::load_machine("mini", std::string(WEFT_DATA) + "/hw/machines");
  const hw::Job job = small_job(2);
  ThreadPool pool(1);
  hw::SystemPlan plan;
  plan.job = &job;
  plan.machine = &machine;
  plan.mapping.lane = {16, 16};
  plan.predict = [](bool, int) { return Cycle{0}; };  // only written beside what was measured
  plan.pool = &pool;
  Top top("top", machine, job, plan);
  sc_core::sc_start();
  back_on_host_stack();
  if (!top.memoryx.finished()) {
    std::printf("not finished: %s\n", top.memoryx.waiting_for().c_str());
    return 1;
  }
  print("down", top.down);
  print("up", top.up);
  for (std::size_t step = 0; step < top.losses.values.size(); ++step)
    std::printf("step %zu: loss %.4f a sample\n", step, top.losses.values[step] / job.batch);
  std::printf("wafer of system 0: %lld cycles\n", static_cast<long long>(top.systems[0]->books().free_at().since()));
  return 0;
}

}  // namespace

int sc_main(int, char*[]) {
  sc_core::sc_report_handler::set_actions(sc_core::SC_ERROR, sc_core::SC_THROW);
  try {
    return run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "own_top: %s\n", error.what());
    return 1;
  }
}
