// Losses, checkpoints, stops, loss scaling, eval stages: does the course of a run match the job?
#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "tests/protocol/echo_cluster.h"
#include "tests/support/fp16.h"
#include "tlm/base/error.h"

using namespace weft;
using namespace weft::test;

namespace {

struct StopAt : hw::RunControl {
  std::int64_t steps = 0;
  explicit StopAt(std::int64_t n) : steps(n) {}
  bool may_start(int, std::int64_t) override { return steps-- > 0; }
};

bool same_tensors(const hw::TrainingState& a, const hw::TrainingState& b) {
  for (std::size_t layer = 0; layer < a.layers.size(); ++layer)
    for (std::size_t tensor = 0; tensor < a.layers[layer].tensors.size(); ++tensor)
      if (a.layers[layer].tensors[tensor].values != b.layers[layer].tensors[tensor].values) return false;
  return true;
}

}  // namespace

TEST_CASE("losses of systems and micro-batches are summed, in order of the steps") {
  hw::Job job = small_job(3, 2);
  job.micro_batches = 2;
  job.batch = 12;
  job.stages = {{true, 2}, {false, 0}, {false, 2}, {true, 1}};
  EchoCluster cluster(job, small_machine(), {1, 3'000'000, true});
  sc_core::sc_start();
  CAPTURE(cluster.memoryx.waiting_for());
  REQUIRE(cluster.memoryx.finished());
  REQUIRE(cluster.user.waiting_for().empty());
  REQUIRE(cluster.user.steps_done() == 5);
  const auto& steps = cluster.observed.steps;
  REQUIRE(steps.size() == 5);
  for (const auto& step : steps) {
    REQUIRE(step.loss_sum == 2 * (0.25 + 1.25 + 2.25));
    REQUIRE(step.correct == 6);
  }
  REQUIRE(steps[2].stage == 2);
  REQUIRE(steps[4].stage == 3);
  for (std::size_t i = 1; i < steps.size(); ++i) REQUIRE(steps[i].at > steps[i - 1].at);
  REQUIRE(cluster.memoryx.global_step() == 3);
}

TEST_CASE("an eval stage carries the weights after the last update") {
  hw::Job job = small_job(1, 1);
  job.stages = {{true, 1}, {false, 1}};
  EchoCluster cluster(job, small_machine());
  sc_core::sc_start();
  const auto trained = cluster.memoryx.state();
  int compared = 0;
  for (const SeenChunk& chunk : cluster.systems.front()->seen) {
    if (chunk.tag.stage != 1 || chunk.tag.layer != 0 || chunk.tag.chunk != 0) continue;
    const auto* wire = reinterpret_cast<const std::uint16_t*>(chunk.payload->data());
    for (int input = 0; input < 20; ++input, ++compared)
      REQUIRE(wire[input] == float_to_half(trained.layers[0].tensors[0].values[input]));
  }
  REQUIRE(compared == 20);
}

TEST_CASE("checkpoints come at their steps, with the state of that step") {
  hw::Job job = small_job(2, 5);
  job.first_step = 1;
  job.checkpoint_steps = 2;
  job.initial_checkpoint = true;
  job.final_checkpoint = true;
  job.optimizer.kind = hw::OptimizerKind::adam;
  EchoCluster cluster(job, small_machine(), {2, 3'000'000, true});
  sc_core::sc_start();
  REQUIRE(cluster.memoryx.finished());
  const auto& checkpoints = cluster.observed.checkpoints;
  std::vector<std::int64_t> at;
  for (const auto& [state, time] : checkpoints) at.push_back(state.global_step);
  REQUIRE(at == std::vector<std::int64_t>{1, 2, 4, 6});
  REQUIRE(same_tensors(checkpoints.front().first, cluster.start));
  REQUIRE(same_tensors(checkpoints.back().first, cluster.memoryx.state()));
  REQUIRE(checkpoints.back().first.layers[0].updates == 5);
  REQUIRE(checkpoints.back().first.layers[0].tensors.size() == 6);
  REQUIRE(checkpoints.back().first.layers[0].tensors[2].name == "exp_avg.weight");
}

TEST_CASE("the next step's weights wait until a checkpoint is collected") {
  hw::Job job = small_job(1, 2);
  job.checkpoint_steps = 1;
  hw::MachineSpec machine = small_machine();
  machine.memoryx.dram.gigabytes_per_s = 0.001;  // collecting takes long
  EchoCluster cluster(job, machine);
  sc_core::sc_start();
  const auto& seen = cluster.systems.front()->seen;
  const Picosecond collected = cluster.observed.checkpoints.at(0).second - machine.host.link_latency_ps - 10'000'000;
  for (const SeenChunk& chunk : seen)
    if (chunk.tag.step == 1) REQUIRE(chunk.arrived > collected);
}

TEST_CASE("a run that goes on from a checkpoint equals a straight run, bit for bit") {
  hw::Job job = small_job(3, 4);
  job.optimizer.kind = hw::OptimizerKind::adamw;
  job.optimizer.weight_decay = 0.01;
  job.checkpoint_steps = 2;
  EchoOptions options{3, 3'000'000, false};
  EchoCluster straight(job, small_machine(), options);

  // The second half, started from what the first run wrote, with the first run's later gradients.
  sc_core::sc_start();
  REQUIRE(straight.memoryx.finished());
  const hw::TrainingState half = straight.observed.checkpoints.at(0).first;
  REQUIRE(half.global_step == 2);
  hw::ParameterStore store(job, 256, half);
  for (int step = 2; step < 4; ++step)
    for (int layer = 0; layer < 3; ++layer) {
      const auto shape = stream_shape(job.layers[layer], hw::KernelKind::matmul_gradient, 256, job.gradient_wire);
      for (int chunk = 0; chunk < shape.chunks(); ++chunk) {
        std::vector<float> gradient(shape.chunk_elements(chunk));
        for (std::size_t i = 0; i < gradient.size(); ++i) {
          const std::int64_t element = shape.chunk_first_round(chunk) * shape.elements_per_round + static_cast<int>(i);
          gradient[i] = invented_gradient(0, step, 0, layer, element) + invented_gradient(1, step, 0, layer, element);
          gradient[i] += invented_gradient(2, step, 0, layer, element);
        }
        store.update(layer, chunk, gradient.data(), {static_cast<float>(1.0 / job.batch)}, job.schedule.rate);
      }
      store.count_update(layer);
    }
  REQUIRE(same_tensors(store.state(), straight.memoryx.state()));
}

TEST_CASE("a stop request ends the run after a whole step, with a final checkpoint") {
  hw::Job job = small_job(2, 10);
  job.final_checkpoint = true;
  StopAt stop(3);
  EchoCluster cluster(job, small_machine(), {4, 3'000'000, true}, &stop);
  sc_core::sc_start();
  REQUIRE(cluster.memoryx.finished());
  REQUIRE(cluster.observed.steps.size() == 3);
  REQUIRE(cluster.observed.checkpoints.size() == 1);
  REQUIRE(cluster.observed.checkpoints[0].first.global_step == 3);
  REQUIRE(cluster.memoryx.waiting_for().empty());
}

TEST_CASE("dynamic loss scaling: a layer that is not finite is skipped, the scale halved, later doubled") {
  hw::Job job = small_job(2, 4);
  job.loss_scale.dynamic = true;
  job.loss_scale.initial = 8;
  job.loss_scale.growth_interval = 2;
  EchoOptions options{5, 3'000'000, true};
  options.gradient = [](int system, int step, int micro_batch, int layer, std::int64_t element) {
    if (step == 1 && layer == 1 && system == 1 && element == 77) return std::numeric_limits<float>::infinity();
    return invented_gradient(system, step, micro_batch, layer, element);
  };
  EchoCluster cluster(job, small_machine(), options);
  sc_core::sc_start();
  REQUIRE(cluster.memoryx.finished());
  REQUIRE(cluster.systems[0]->scales == std::vector<float>{8, 8, 4, 4});
  const hw::TrainingState state = cluster.memoryx.state();
  REQUIRE(state.loss_scale == 8);
  REQUIRE(state.layers[0].updates == 4);
  REQUIRE(state.layers[1].updates == 3);
  for (const float value : state.layers[1].tensors[0].values) REQUIRE(std::isfinite(value));
}

TEST_CASE("state that does not fit the servers is refused before the run") {
  hw::MachineSpec machine = small_machine();
  machine.memoryx.dram.capacity_bytes = 100;
  machine.memoryx.flash.capacity_bytes = 100;
  hw::Job job = small_job(1, 1);
  REQUIRE_THROWS_AS(EchoCluster(job, machine), UsageError);
}

TEST_CASE("an initial state of another model is refused with layer and tensor") {
  const hw::Job job = small_job(1, 1);
  hw::TrainingState state = invented_state(job);
  state.layers[1].tensors[0].shape = {16, 12};
  REQUIRE_THROWS_WITH(hw::ParameterStore(job, 256, state), Catch::Contains("fc2") && Catch::Contains("weight"));
  state = invented_state(job);
  state.layers[2].layer = "head";
  REQUIRE_THROWS_WITH(hw::ParameterStore(job, 256, state), Catch::Contains("head") && Catch::Contains("fc3"));
}
