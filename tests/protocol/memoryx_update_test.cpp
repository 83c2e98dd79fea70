// Does what MemoryX holds after training equal a plain loop over the same gradients, bit for bit, for any number of
// systems, whatever the delays and the order of the simulator's calls?
#include <catch2/catch.hpp>

#include "tests/protocol/echo_cluster.h"

using namespace weft;
using namespace weft::test;

namespace {

/// Sum over systems in the tree's order: nodes of `fan_out` children, each from its first child on.
float tree_sum(std::vector<float> values, int fan_out) {
  do {
    std::vector<float> next;
    for (std::size_t first = 0; first < values.size(); first += static_cast<std::size_t>(fan_out)) {
      float sum = values[first];
      for (std::size_t i = first + 1; i < values.size() && i < first + static_cast<std::size_t>(fan_out); ++i)
        sum += values[i];
      next.push_back(sum);
    }
    values = next;
  } while (values.size() > 1);
  return values.front();
}

/// Plain SGD on the cluster's initial state.
hw::TrainingState reference(const EchoCluster& cluster, int steps) {
  const hw::Job& job = cluster.job;
  hw::TrainingState state = cluster.start;
  const auto unscale = static_cast<float>(1.0 / (job.loss_scale.initial * job.batch));
  const auto rate = static_cast<float>(job.schedule.rate);
  for (int step = 0; step < steps; ++step)
    for (std::size_t layer = 0; layer < job.layers.size(); ++layer) {
      const int inputs = job.layers[layer].inputs;
      for (std::int64_t element = 0; element < job.layers[layer].parameters(); ++element) {
        float sum = 0;
        for (int micro_batch = 0; micro_batch < job.micro_batches; ++micro_batch) {
          std::vector<float> parts;
          for (int system = 0; system < job.systems; ++system)
            parts.push_back(invented_gradient(system, step, micro_batch, static_cast<int>(layer), element));
          const float part = tree_sum(parts, cluster.machine.swarmx.fan_out);
          sum = micro_batch == 0 ? part : sum + part;
        }
        const std::int64_t output = element / (inputs + 1), input = element % (inputs + 1);
        auto& tensors = state.layers[layer].tensors;
        float& parameter = input == inputs ? tensors[1].values[output] : tensors[0].values[output * inputs + input];
        parameter -= rate * (sum * unscale);
      }
      ++state.layers[layer].updates;
    }
  return state;
}

void require_equal(const hw::TrainingState& a, const hw::TrainingState& b) {
  REQUIRE(a.layers.size() == b.layers.size());
  for (std::size_t layer = 0; layer < a.layers.size(); ++layer) {
    REQUIRE(a.layers[layer].updates == b.layers[layer].updates);
    REQUIRE(a.layers[layer].tensors.size() == b.layers[layer].tensors.size());
    for (std::size_t tensor = 0; tensor < a.layers[layer].tensors.size(); ++tensor)
      REQUIRE(a.layers[layer].tensors[tensor].values == b.layers[layer].tensors[tensor].values);
  }
}

void run_and_compare(const hw::Job& job, const hw::MachineSpec& machine, const EchoOptions& options, int steps) {
  EchoCluster cluster(job, machine, options);
  sc_core::sc_start();
  CAPTURE(cluster.memoryx.waiting_for(), cluster.swarmx.waiting_for());
  REQUIRE(cluster.memoryx.finished());
  require_equal(cluster.memoryx.state(), reference(cluster, steps));
}

}  // namespace

TEST_CASE("1 system") { run_and_compare(small_job(1, 3), small_machine(), {}, 3); }
TEST_CASE("2 systems") { run_and_compare(small_job(2, 3), small_machine(), {2, 400'000, false}, 3); }
TEST_CASE("4 systems, synchronised") { run_and_compare(small_job(4, 2), small_machine(), {3, 3'000'000, true}, 2); }
TEST_CASE("5 systems") { run_and_compare(small_job(5, 2), small_machine(), {4, 3'000'000, false}, 2); }
TEST_CASE("5 systems, synchronised") { run_and_compare(small_job(5, 2), small_machine(), {5, 3'000'000, true}, 2); }
TEST_CASE("16 systems") { run_and_compare(small_job(16, 2), small_machine(), {6, 3'000'000, true}, 2); }
TEST_CASE("17 systems") { run_and_compare(small_job(17, 2), small_machine(), {7, 3'000'000, true}, 2); }
TEST_CASE("192 systems") { run_and_compare(small_job(192, 1), small_machine(), {8, 3'000'000, true}, 1); }

TEST_CASE("5 systems on nodes of two") {
  hw::MachineSpec machine = small_machine();
  machine.swarmx.fan_out = 2;
  run_and_compare(small_job(5, 2), machine, {9, 3'000'000, true}, 2);
}

TEST_CASE("three micro-batches are added up and applied once") {
  hw::Job job = small_job(2, 2);
  job.micro_batches = 3;
  job.batch = 12;
  run_and_compare(job, small_machine(), {10, 3'000'000, true}, 2);
}

TEST_CASE("whole tensors on their servers") {
  hw::Job job = small_job(2, 2);
  job.whole_tensor_placement = true;
  run_and_compare(job, small_machine(), {11, 3'000'000, true}, 2);
}

TEST_CASE("more servers than lanes") {
  hw::MachineSpec machine = small_machine();
  machine.memoryx.weight_servers = 5;
  run_and_compare(small_job(2, 2), machine, {12, 3'000'000, true}, 2);
}

TEST_CASE("fewer servers than lanes") {
  hw::MachineSpec machine = small_machine();
  machine.memoryx.weight_servers = 2;
  run_and_compare(small_job(2, 2), machine, {13, 3'000'000, true}, 2);
}
