// Do the weight streams carry the right version in the right order, within the edge buffer, at the right time?
#include <algorithm>
#include <cmath>
#include <map>

#include <catch2/catch.hpp>

#include "tests/protocol/echo_cluster.h"

using namespace weft;
using namespace weft::test;

namespace {

using Key = std::pair<std::int64_t, int>;   // training step or -1, layer
using Matrix = std::vector<std::uint16_t>;  // fp16 bits, [outputs][inputs]

const std::uint16_t* bits(const SeenChunk& chunk) {
  return reinterpret_cast<const std::uint16_t*>(chunk.payload->data());
}

/// Weights without bias as the streams of one kind carried them.
std::map<Key, Matrix> streamed(const EchoCluster& cluster, hw::KernelKind kind) {
  std::map<Key, Matrix> matrices;
  for (const SeenChunk& chunk : cluster.systems.front()->seen) {
    const hw::Launch& launch = cluster.job.train_launches[chunk.tag.launch];
    if (launch.kind != kind) continue;
    const hw::MatrixLayer& layer = cluster.job.layers[launch.layer];
    Matrix& matrix = matrices[{chunk.tag.step, launch.layer}];
    matrix.resize(static_cast<std::size_t>(layer.outputs) * layer.inputs);
    const hw::StreamShape shape =
        stream_shape(layer, kind, cluster.machine.memoryx.chunk_bytes, cluster.job.gradient_wire);
    const bool delta = kind == hw::KernelKind::matmul_delta;
    for (int round = 0; round < shape.chunk_rounds(chunk.tag.chunk); ++round)
      for (int element = 0; element < (delta ? layer.outputs : layer.inputs); ++element) {
        const int line = shape.chunk_first_round(chunk.tag.chunk) + round;
        const int output = delta ? element : line, input = delta ? line : element;
        matrix[static_cast<std::size_t>(output) * layer.inputs + input] =
            bits(chunk)[round * shape.elements_per_round + element];
      }
  }
  return matrices;
}

/// Most weight bytes between arrival at the system and its credit, by the annotated times.
Bytes most_in_buffer(const EchoSystem& system) {
  std::vector<std::pair<Picosecond, Bytes>> events;
  for (const SeenChunk& chunk : system.seen) {
    events.emplace_back(chunk.arrived, static_cast<Bytes>(chunk.payload->size()));
    events.emplace_back(chunk.credited, -static_cast<Bytes>(chunk.payload->size()));
  }
  std::sort(events.begin(), events.end());
  Bytes held = 0, most = 0;
  for (const auto& [at, bytes] : events) most = std::max(most, held += bytes);
  return most;
}

}  // namespace

TEST_CASE("delta stream: same version as the step's forward stream, gradient launched first") {
  EchoCluster cluster(small_job(2, 3), small_machine(), {1, 3'000'000, true});
  sc_core::sc_start();
  REQUIRE(cluster.memoryx.finished());
  const auto forward = streamed(cluster, hw::KernelKind::matmul_forward);
  const auto delta = streamed(cluster, hw::KernelKind::matmul_delta);
  REQUIRE(forward.size() == 9);
  REQUIRE(delta.size() == 6);
  for (const auto& [key, matrix] : delta) REQUIRE(matrix == forward.at(key));
  for (int layer = 0; layer < 3; ++layer) REQUIRE(forward.at({0, layer}) != forward.at({1, layer}));
}

TEST_CASE("delta stream: same version as the step's forward stream, delta launched first") {
  hw::Job job = small_job(2, 3);
  std::swap(job.train_launches[7], job.train_launches[8]);
  std::swap(job.train_launches[10], job.train_launches[11]);
  EchoCluster cluster(job, small_machine(), {2, 3'000'000, false});
  sc_core::sc_start();
  REQUIRE(cluster.memoryx.finished());
  const auto forward = streamed(cluster, hw::KernelKind::matmul_forward);
  for (const auto& [key, matrix] : streamed(cluster, hw::KernelKind::matmul_delta)) REQUIRE(matrix == forward.at(key));
}

TEST_CASE("bias and weights travel output by output, exact after rounding to fp16") {
  hw::Job job = small_job(1, 1);
  EchoCluster cluster(job, small_machine());
  sc_core::sc_start();
  const auto& seen = cluster.systems.front()->seen.front();
  REQUIRE(seen.tag.layer == 0);
  const auto& weight = cluster.start.layers[0].tensors[0].values;
  const auto& bias = cluster.start.layers[0].tensors[1].values;
  const int rounds =
      stream_shape(job.layers[0], hw::KernelKind::matmul_forward, 256, job.gradient_wire).chunk_rounds(0);
  for (int output = 0; output < rounds; ++output)
    for (int input = 0; input <= 20; ++input) {
      const float master = input == 20 ? bias[output] : weight[output * 20 + input];
      const std::uint16_t wire = bits(seen)[output * 21 + input];
      const int exponent = (wire >> 10) & 31, mantissa = wire & 1023;
      const double value = (wire & 0x8000 ? -1 : 1) *
                           (exponent ? std::ldexp(1024 + mantissa, exponent - 25) : std::ldexp(mantissa, -24));
      REQUIRE(value == Approx(master).epsilon(1.0 / 2048).margin(1e-7));
    }
}

TEST_CASE("credits keep the weights under way within the edge buffer") {
  hw::MachineSpec machine = small_machine();
  machine.io.edge_buffer_bytes = 600;  // two chunks of at most 256 bytes
  EchoCluster cluster(small_job(5, 2), machine, {3, 3'000'000, true});
  sc_core::sc_start();
  REQUIRE(cluster.memoryx.finished());
  for (const auto& system : cluster.systems) {
    REQUIRE(system->most_held <= 600);
    REQUIRE(most_in_buffer(*system) <= 600);
    REQUIRE(system->most_held > 256);  // and they do use more than one chunk of it
  }
}

TEST_CASE("a chunk larger than the edge buffer goes alone") {
  hw::MachineSpec machine = small_machine();
  machine.io.edge_buffer_bytes = 100;
  EchoCluster cluster(small_job(2, 1), machine, {4, 3'000'000, true});
  sc_core::sc_start();
  REQUIRE(cluster.memoryx.finished());
  std::vector<SeenChunk> seen = cluster.systems.front()->seen;
  for (std::size_t i = 1; i < seen.size(); ++i) REQUIRE(seen[i].arrived > seen[i - 1].credited);
}

TEST_CASE("a later layer is sent ahead, the next step's first layer waits for its update") {
  hw::MachineSpec machine = small_machine();
  machine.io.edge_buffer_bytes = 1 << 20;
  EchoCluster cluster(small_job(1, 2), machine, {5, 3'000'000, true});
  sc_core::sc_start();
  const EchoSystem& system = *cluster.systems.front();
  Picosecond first_consumed = 0, last_gradient = 0, next_forward = 0;
  for (const SeenChunk& chunk : system.seen) {
    if (chunk.tag.step == 0 && first_consumed == 0) first_consumed = chunk.credited;
    if (chunk.tag.step == 1 && next_forward == 0) next_forward = chunk.arrived;
  }
  for (const auto& [tag, at] : system.gradients_sent)
    if (tag.step == 0 && tag.layer == 0) last_gradient = at;
  // All of step 0 fits the buffer: it arrives before the stand-in is far.
  const auto last =
      std::find_if(system.seen.begin(), system.seen.end(), [](const SeenChunk& c) { return c.tag.step == 1; });
  REQUIRE(std::prev(last)->arrived < std::prev(last)->credited - 3'000'000);
  // Up the tree, through the optimizer, and down again: four cables, two nodes.
  const Picosecond turn = 4 * machine.swarmx.link_latency_ps + 2 * machine.swarmx.node_latency_ps;
  REQUIRE(next_forward > last_gradient + turn);
}

TEST_CASE("times and bits do not depend on how far the systems run ahead of the simulator's clock") {
  const hw::Job job = small_job(5, 3);
  EchoCluster ahead(job, small_machine(), {6, 3'000'000, false});
  EchoCluster synchronised(job, small_machine(), {6, 3'000'000, true});
  sc_core::sc_start();
  REQUIRE(ahead.memoryx.finished());
  REQUIRE(synchronised.memoryx.finished());
  for (int system = 0; system < job.systems; ++system) {
    const auto& a = ahead.systems[system]->seen;
    const auto& b = synchronised.systems[system]->seen;
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      REQUIRE(a[i].arrived == b[i].arrived);
      REQUIRE(a[i].credited == b[i].credited);
      REQUIRE(a[i].payload->bytes() == b[i].payload->bytes());
    }
  }
  REQUIRE(ahead.observed.steps.size() == 3);
  for (std::size_t step = 0; step < 3; ++step)
    REQUIRE(ahead.observed.steps[step].at == synchronised.observed.steps[step].at);
}
