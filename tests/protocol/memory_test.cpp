// Do MemoryX's parts, each alone, give the times that are worked out by hand, at N - 1, N and N + 1?
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include <catch2/catch.hpp>

#include "hw/memoryx/credit_window.h"
#include "hw/memoryx/loss_scale.h"
#include "hw/memoryx/weight_server.h"
#include "tests/protocol/echo_cluster.h"

using namespace weft;
using namespace weft::test;

namespace {

/// Two layers of 64 parameters (256 bytes) on one server: DRAM 1 GB/s, flash 0.1 GB/s.
struct Server {
  explicit Server(Bytes dram, int micro_batches = 1, hw::OptimizerKind kind = hw::OptimizerKind::sgd) {
    job.layers = {{"fc1", 7, 8, "ReLU", 0}, {"fc2", 7, 8, "", 0}};
    job.optimizer.kind = kind;
    job.micro_batches = micro_batches;
    job.batch = 4;
    machine = small_machine();
    machine.memoryx.weight_servers = 1;
    machine.memoryx.dram = {dram, 1, 7'000};
    machine.memoryx.flash = {1 << 20, 0.1, 300'000};
    machine.memoryx.update_params_per_s = 1e12;
    machine.memoryx.chunk_bytes = 64;
    placement.emplace(job, machine);
  }
  hw::WeightServer make() const { return {job, machine, *placement, 0}; }

  hw::Job job;
  hw::MachineSpec machine;
  std::optional<hw::Placement> placement;
};

constexpr Picosecond dram_latency = 7'000, flash_latency = 300'000;

}  // namespace

TEST_CASE("DRAM is given out once: a layer gets what those before it left") {
  // 32 parameters are 128 bytes, half of a layer.
  for (const Bytes dram : {255, 256, 257, 384, 511, 512, 513}) {
    const Server one(dram);
    const auto of_layer = [&](int layer) {
      const double share = std::clamp(static_cast<double>(dram) / 256.0 - layer, 0.0, 1.0);
      const auto from_dram = static_cast<Picosecond>(std::ceil(128 * share * 1'000.0));
      const auto from_flash = static_cast<Picosecond>(std::ceil((128 - 128 * share) * 10'000.0));
      return from_dram + (share < 1 ? from_flash + flash_latency : dram_latency);
    };
    CHECK(one.make().read(0, 0, 32, false) == of_layer(0));
    CHECK(one.make().read(0, 1, 32, false) == of_layer(1));
  }
}

TEST_CASE("a reader serves one stream after the other") {
  const Server one(1 << 20);
  for (const Picosecond issue : {127'999, 128'000, 128'001}) {
    hw::WeightServer server = one.make();
    CHECK(server.read(0, 0, 32, false) == 128'000 + dram_latency);
    CHECK(server.read(issue, 1, 32, false) == std::max<Picosecond>(issue, 128'000) + 128'000 + dram_latency);
  }
  hw::WeightServer server = one.make();
  CHECK(server.read_indices(0, 0, 32) == 64'000 + dram_latency);  // 16 bits each
  CHECK(server.read_indices(0, 0, 1) == 66'000 + dram_latency);
}

TEST_CASE("sums are written first, then read and written, an update reads and writes all state and reads the sum") {
  const Server sums(1 << 20, 3);
  hw::WeightServer server = sums.make();
  CHECK(server.accumulate(0, 0, 32, true) == 128'000 + dram_latency);
  CHECK(server.accumulate(0, 0, 32, false) == 384'000 + dram_latency);
  CHECK(server.update(0, 0, 32) == 768'000 + dram_latency);          // 3 x 128 bytes more
  CHECK(server.update(900'000, 0, 32) == 1'284'000 + dram_latency);  // was free
  CHECK(server.read(0, 0, 32, false) == 128'000 + dram_latency);     // reader and optimizer do not slow each other
  const Server adam(1 << 20, 1, hw::OptimizerKind::adam);
  CHECK(adam.make().update(0, 0, 32) == 6 * 128'000 + dram_latency);  // weight and two moments
  CHECK(adam.make().collect(5'000, 0) == 5'000 + 3 * 256'000 + dram_latency);
}

TEST_CASE("an update is bound by memory or by arithmetic, whichever takes longer") {
  Server one(1 << 20);
  for (const double rate : {32.0 / 255, 32.0 / 256, 32.0 / 257}) {  // parameters a nanosecond; 256 bytes take 256 ns
    one.machine.memoryx.update_params_per_s = rate * 1e9;
    const auto compute = static_cast<Picosecond>(std::ceil(32 * 1e12 / (rate * 1e9)));
    CHECK(one.make().update(0, 0, 32) == std::max<Picosecond>(compute, 256'000) + dram_latency);
  }
}

TEST_CASE("credits that come back in another order give up room in the order of sending, and never earlier") {
  hw::CreditWindow window(100);
  Picosecond at = -1;
  proto::BlockTag chunk, credit;
  credit.kind = proto::BlockKind::credit;
  for (chunk.chunk = 0; chunk.chunk < 2; ++chunk.chunk) window.sent(chunk, 50);
  credit.chunk = 1;
  window.returned(credit, 300);
  CHECK_FALSE(window.room(1, at));  // the older one's place is not free
  credit.chunk = 0;
  window.returned(credit, 500);
  CHECK(window.room(50, at));
  CHECK(at == 500);
  window.sent(chunk, 50);
  CHECK(window.room(50, at));  // the younger one's came at 300, behind the older one's
  CHECK(at == 500);
  window.sent(chunk, 50);
  CHECK_FALSE(window.room(1, at));
}

TEST_CASE("loss scale: down at once, up after N finite steps, not after N - 1, counted from the last change") {
  hw::LossScaleSpec spec;
  spec.dynamic = true;
  spec.minimum = 2;
  spec.maximum = 32;
  spec.growth_interval = 3;
  hw::LossScale scale(spec, 8, 1);  // goes on from a checkpoint: one finite step was done
  const auto after = [&](bool finite) {
    scale.step_done(finite);
    return std::pair(scale.scale(), scale.finite_steps());
  };
  CHECK(after(true) == std::pair<double, std::int64_t>(8, 2));
  CHECK(after(true) == std::pair<double, std::int64_t>(16, 0));
  CHECK(after(true) == std::pair<double, std::int64_t>(16, 1));
  CHECK(after(false) == std::pair<double, std::int64_t>(8, 0));
  for (int step = 0; step < 3; ++step) after(false);
  CHECK(scale.scale() == 2);
  for (int step = 0; step < 15; ++step) after(true);
  CHECK(scale.scale() == 32);
}

TEST_CASE("a dynamic scale goes to the systems after the last gradient of the step before has decided it") {
  hw::Job job;
  job.layers = {{"fc", 7, 8, "", 0}};
  job.train_launches = {
      {hw::KernelKind::matmul_forward, 0}, {hw::KernelKind::softmax_loss, 0}, {hw::KernelKind::matmul_gradient, 0}};
  job.stages = {{true, 3}};
  job.final_checkpoint = false;
  job.batch = 1;
  job.loss_scale.dynamic = true;
  job.loss_scale.initial = 16;
  hw::MachineSpec machine = small_machine();
  machine.io.ethernet_links = 1;
  machine.io.ethernet_gbps = 8;
  machine.swarmx = {4, 1'000, 500};
  machine.memoryx.weight_servers = 1;
  machine.memoryx.dram = {1 << 20, 128, 7'000};
  machine.memoryx.update_params_per_s = 1e9;
  machine.memoryx.chunk_bytes = 64;
  machine.host = {8, 3'000, 10'000};
  EchoOptions options;
  options.most_delay_ps = 0;
  options.gradient = [](int, int step, int, int, std::int64_t) {
    return step == 0 ? std::numeric_limits<float>::infinity() : 1.0F;
  };
  EchoCluster cluster(job, machine, options);
  sc_core::sc_start();
  REQUIRE(cluster.memoryx.finished());
  const EchoSystem& system = *cluster.systems.front();
  CHECK(system.scales == std::vector<float>{16, 8, 8});
  REQUIRE(system.begins.size() == 3);
  const auto& updates = cluster.memoryx.updates();
  REQUIRE(updates.size() == 3);
  CHECK((!updates[0].applied && updates[1].applied));
  const Picosecond way = 4'000 + 500 + 1'000 + 4'000 + 500;  // four bytes on two cables, a node between them
  CHECK(system.begins[0] == 10'000 + way);
  CHECK(system.begins[1] == updates[0].end + way);
  CHECK(system.begins[2] == updates[1].end + way);
  // All four chunks' gradients (64 bytes each, behind the loss's 8), then 4 x 16 parameters of one server.
  const Picosecond last =
      cluster.systems.front()->gradients_sent[7].second + 8'000 + 4 * 64'000 + 500 + 1'000 + 64'000 + 500;
  CHECK(updates[1].start == last);
  CHECK(updates[1].end == last + 64'000 + 7'000);
}
