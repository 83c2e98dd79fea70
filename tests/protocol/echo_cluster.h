#pragma once
// MemoryX, SwarmX and user node around stand-in systems, with a small job and a small machine to change in a test.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "hw/host/user_node.h"
#include "hw/memoryx/memoryx.h"
#include "hw/swarmx/swarmx.h"
#include "tests/protocol/echo_system.h"
#include "tests/support/checked_joints.h"

namespace weft::test {

inline hw::MachineSpec small_machine() {
  hw::MachineSpec machine;
  machine.io.ethernet_links = 3;
  machine.io.ethernet_gbps = 100;
  machine.io.edge_buffer_bytes = 1024;
  machine.swarmx = {4, 500'000, 250'000};
  machine.memoryx.weight_servers = 3;
  machine.memoryx.dram = {1 << 20, 100, 90'000};
  machine.memoryx.flash = {1 << 20, 5, 50'000'000};
  machine.memoryx.update_params_per_s = 1e9;
  machine.memoryx.transpose_gigabytes_per_s = 20;
  machine.memoryx.chunk_bytes = 256;
  machine.host = {100, 1'000'000, 2'000'000};
  return machine;
}

/// Three layers 20 - 16 - 12 - 5, the launches of a training step as the compiler orders them.
inline hw::Job small_job(int systems = 1, std::int64_t steps = 2) {
  using K = hw::KernelKind;
  hw::Job job;
  job.layers = {{"fc1", 20, 16, "ReLU", 0}, {"fc2", 16, 12, "ReLU", 0}, {"fc3", 12, 5, "", 0}};
  job.train_launches = {{K::load_input, 0},          {K::matmul_forward, 0},  {K::activation, 0},
                        {K::matmul_forward, 1},      {K::activation, 1},      {K::matmul_forward, 2},
                        {K::softmax_loss, 2},        {K::matmul_gradient, 2}, {K::matmul_delta, 2},
                        {K::activation_backward, 1}, {K::matmul_gradient, 1}, {K::matmul_delta, 1},
                        {K::activation_backward, 0}, {K::matmul_gradient, 0}};
  job.eval_launches = {{K::load_input, 0}, {K::matmul_forward, 0}, {K::activation, 0},  {K::matmul_forward, 1},
                       {K::activation, 1}, {K::matmul_forward, 2}, {K::softmax_loss, 2}};
  job.stages = {{true, steps}};
  job.final_checkpoint = false;
  job.systems = systems;
  job.batch = 8 * systems;
  job.schedule.rate = 0.01;
  return job;
}

inline hw::TrainingState invented_state(const hw::Job& job) {
  hw::TrainingState state = hw::initial_state(job);
  for (std::size_t layer = 0; layer < state.layers.size(); ++layer)
    for (std::size_t tensor = 0; tensor < std::min<std::size_t>(2, state.layers[layer].tensors.size()); ++tensor)
      for (std::size_t i = 0; i < state.layers[layer].tensors[tensor].values.size(); ++i)
        state.layers[layer].tensors[tensor].values[i] =
            invented_gradient(1000, static_cast<int>(tensor), 0, static_cast<int>(layer),
                              static_cast<std::int64_t>(i)) /
            64.0F;
  return state;
}

struct Observed : hw::RunObserver {
  std::vector<hw::StepResult> steps;
  std::vector<std::pair<hw::TrainingState, Picosecond>> checkpoints;
  void on_step(const hw::StepResult& result) override { steps.push_back(result); }
  void on_checkpoint(const hw::TrainingState& state, Picosecond at) override { checkpoints.emplace_back(state, at); }
};

/// Several may stand side by side in one simulation. Every joint is checked.
struct EchoCluster : sc_core::sc_module {
  EchoCluster(const hw::Job& the_job, const hw::MachineSpec& the_machine, const EchoOptions& options = {},
              hw::RunControl* control = nullptr, proto::Recorder* recorder = nullptr)
      : sc_module(sc_core::sc_module_name(sc_core::sc_gen_unique_name("cluster"))),
        job(the_job),
        machine(the_machine),
        start(invented_state(job)),
        memoryx("memoryx", job, machine, start, control ? *control : to_end, recorder ? *recorder : null),
        swarmx("swarmx", machine, job.systems, false, job.gradient_wire, recorder ? *recorder : null, joints),
        user("user", job, observed) {
    joints.join(memoryx.user_out, user.memoryx_in);
    for (int lane = 0; lane < machine.io.ethernet_links; ++lane) {
      joints.join(memoryx.lane_out[lane], swarmx.memoryx_in(lane));
      joints.join(swarmx.memoryx_out(lane), memoryx.lane_in[lane]);
    }
    for (int system = 0; system < job.systems; ++system) {
      const std::string name = "system" + std::to_string(system);
      systems.push_back(std::make_unique<EchoSystem>(name.c_str(), job, machine, system, options));
      for (int lane = 0; lane < machine.io.ethernet_links; ++lane) {
        joints.join(swarmx.system_out(lane, system), systems.back()->down_in[lane]);
        joints.join(systems.back()->up_out[lane], swarmx.system_in(lane, system));
      }
    }
  }

  hw::Job job;
  hw::MachineSpec machine;
  hw::TrainingState start;  ///< what MemoryX began with
  hw::RunToEnd to_end;
  proto::NullRecorder null;
  Observed observed;
  CheckedJoints joints;
  hw::MemoryX memoryx;
  hw::Swarmx swarmx;
  hw::UserNode user;
  std::vector<std::unique_ptr<EchoSystem>> systems;
};

}  // namespace weft::test
