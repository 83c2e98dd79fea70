// Question: where gradients travel in 16 bits, is each sum rounded where hw/spec/gradient_wire.h says and nowhere else,
// is what that loses counted, and does an overflow on the way cost a step and no more?
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>

#include "tests/protocol/echo_cluster.h"

using namespace weft;
using namespace weft::test;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

/// The nearest number of 16 bits with so many of exponent, ties to even, by its definition.
double nearest_half(double value, HalfFormat format) {
  if (value == 0 || !std::isfinite(value)) return value;
  const int exponent_bits = static_cast<int>(format), fraction = 15 - exponent_bits;
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const double step = std::ldexp(1.0, std::max(std::ilogb(value), 1 - bias) - fraction);
  const double rounded = std::nearbyint(value / step) * step;
  const double largest = std::ldexp(2.0 - std::ldexp(1.0, -fraction), bias);
  return std::fabs(rounded) > largest ? std::copysign(infinity, value) : rounded;
}

std::vector<float> there_and_back(const hw::GradientWire& wire, const std::vector<float>& values, HalfLosses& lost) {
  std::vector<std::uint8_t> bytes(values.size() * static_cast<std::size_t>(wire.element_bytes()));
  lost = wire.put(values.data(), values.size(), bytes.data());
  std::vector<float> back(values.size());
  wire.take(bytes.data(), back.size(), back.data());
  return back;
}

proto::Block block_of(const hw::GradientWire& wire, proto::BlockKind kind, const std::vector<float>& values,
                      int layer = 0) {
  proto::BlockTag tag;
  tag.kind = kind;
  tag.layer = layer;
  auto payload = std::make_shared<proto::PayloadBytes>(values.size() * static_cast<std::size_t>(wire.element_bytes()));
  wire.put(values.data(), values.size(), payload->data());
  return {tag, payload};
}

/// What a node sends on when its children have sent these.
std::vector<float> node_sum(hw::Reduction& node, const hw::GradientWire& wire,
                            const std::vector<std::vector<float>>& of_children, int layer = 0) {
  hw::Reduced reduced;
  for (std::size_t child = 0; child < of_children.size(); ++child)
    node.deliver(static_cast<int>(child), block_of(wire, proto::BlockKind::gradient, of_children[child], layer), 0,
                 reduced);
  std::vector<float> sums(of_children.front().size());
  REQUIRE(reduced.block.bytes() == static_cast<Bytes>(sums.size()) * wire.element_bytes());
  wire.take(reduced.block.payload->data(), sums.size(), sums.data());
  return sums;
}

const hw::GradientWire half_wire{HalfFormat::fp16};

}  // namespace

TEST_CASE("two bytes each, rounded to nearest even, subnormals and overflow kept and counted") {
  HalfLosses lost;
  const float last = std::ldexp(1.0F, -24);  // fp16's smallest
  const std::vector<float> values = {1 + std::ldexp(1.0F, -11),
                                     1 + 3 * std::ldexp(1.0F, -11),
                                     65519,
                                     65520,
                                     -70000,
                                     last / 2,
                                     1.5F * (last / 2),
                                     -last / 4,
                                     0,
                                     infinity};
  const std::vector<float> due = {1, 1 + std::ldexp(1.0F, -9), 65504, infinity, -infinity, 0, last, -0.0F, 0, infinity};
  CHECK(there_and_back(half_wire, values, lost) == due);
  CHECK((lost.values == 10 && lost.zeros == 2 && lost.infinities == 2));
  CHECK(half_wire.element_bytes() == 2);
  CHECK(there_and_back({}, values, lost) == values);
  CHECK((lost.values == 0 && lost.zeros == 0 && lost.infinities == 0));
  CHECK(hw::GradientWire().element_bytes() == 4);
  const std::vector<float> large = {70000, 1 + std::ldexp(1.0F, -8), 1 + std::ldexp(1.0F, -10)};
  CHECK(there_and_back(hw::GradientWire(HalfFormat::bf16), large, lost) == std::vector<float>{70144, 1, 1});
  CHECK(there_and_back(hw::GradientWire(HalfFormat::cb16), large, lost) ==
        std::vector<float>{70016, 1 + std::ldexp(1.0F, -8), 1});
}

TEST_CASE("a node adds in fp32 and rounds once, each node of a tree") {
  hw::Reduction four("node", 4, half_wire);
  // 2051 is between 2050 and 2052, the even one. Were each addition rounded, it would stay at 2048.
  CHECK(node_sum(four, half_wire, {{2048}, {1}, {1}, {1}}) == std::vector<float>{2052});
  hw::Reduction left("left", 2, half_wire), right("right", 2, half_wire), root("root", 2, half_wire);
  const auto sums =
      node_sum(root, half_wire, {node_sum(left, half_wire, {{2048}, {1}}), node_sum(right, half_wire, {{1}, {1}})});
  CHECK(sums == std::vector<float>{2050});  // 2049 went to 2048 on its way
  hw::Reduction wide("node", 4);
  CHECK(node_sum(wide, {}, {{2048}, {1}, {1}, {1}}) == std::vector<float>{2051});
  CHECK(wide.losses().empty());
}

TEST_CASE("overflow in a node is that of its sum, losses are counted by layer, a loss stays fp32") {
  hw::Reduction node("node", 3, half_wire);
  CHECK(node_sum(node, half_wire, {{60000, 60000, 1}, {60000, 60000, 2}, {-60000, 0, infinity}}, 2) ==
        std::vector<float>{60000, infinity, infinity});
  REQUIRE(node.losses().size() == 3);
  CHECK((node.losses()[2].values == 3 && node.losses()[2].infinities == 1 && node.losses()[2].zeros == 0));
  CHECK(node.losses()[0].values == 0);
  hw::Reduced reduced;
  for (int child = 0; child < 3; ++child)
    node.deliver(child, block_of({}, proto::BlockKind::loss, {100000.5F, 3}), 0, reduced);
  float loss[2];
  REQUIRE(reduced.block.bytes() == sizeof loss);
  std::memcpy(loss, reduced.block.payload->data(), sizeof loss);
  CHECK((loss[0] == 300001.5F && loss[1] == 9));
  CHECK(node.losses()[2].values == 3);
  hw::Reduction single("node", 1, half_wire);
  CHECK(node_sum(single, half_wire, {{2049}}) == std::vector<float>{2048});  // its child's rounding
  CHECK(single.losses().empty());
}

namespace {

/// Of the systems' parts, in the tree of nodes of `fan_out` children.
float tree_sum(std::vector<float> values, int fan_out, HalfFormat format) {
  for (float& value : values) value = static_cast<float>(nearest_half(static_cast<double>(value), format));
  while (values.size() > 1) {
    std::vector<float> next;
    for (std::size_t at = 0; at < values.size();) {
      float sum = values[at++];
      for (int child = 1; child < fan_out && at < values.size(); ++child) sum += values[at++];
      next.push_back(static_cast<float>(nearest_half(static_cast<double>(sum), format)));
    }
    values = next;
  }
  return values.front();
}

/// Two training steps, side by side with others in one simulation.
std::unique_ptr<EchoCluster> cluster_of(int systems, int fan_out, int micro_batches, HalfFormat format) {
  hw::Job job = small_job(systems, 2);
  job.format = format;
  job.gradient_wire = hw::GradientWire(format);
  job.micro_batches = micro_batches;
  hw::MachineSpec machine = small_machine();
  machine.swarmx.fan_out = fan_out;
  return std::make_unique<EchoCluster>(job, machine);
}

void require_plain_sgd(const EchoCluster& cluster) {
  const hw::Job& job = cluster.job;
  const int fan_out = cluster.machine.swarmx.fan_out;
  CAPTURE(job.systems, fan_out, job.micro_batches, half_format(job.format).name);
  REQUIRE(cluster.memoryx.finished());
  const hw::TrainingState end = cluster.memoryx.state();
  const auto unscale = static_cast<float>(1.0 / job.batch), rate = static_cast<float>(job.schedule.rate);
  for (std::size_t layer = 0; layer < job.layers.size(); ++layer) {
    const int inputs = job.layers[layer].inputs;
    for (std::int64_t element = 0; element < job.layers[layer].parameters(); ++element) {
      const std::int64_t output = element / (inputs + 1), input = element % (inputs + 1);
      const std::size_t tensor = input == inputs ? 1 : 0;
      const auto place = static_cast<std::size_t>(tensor == 1 ? output : output * inputs + input);
      float parameter = cluster.start.layers[layer].tensors[tensor].values[place];
      for (int step = 0; step < 2; ++step) {
        float sum = 0;
        for (int micro_batch = 0; micro_batch < job.micro_batches; ++micro_batch) {
          std::vector<float> parts;
          for (int system = 0; system < job.systems; ++system)
            parts.push_back(invented_gradient(system, step, micro_batch, static_cast<int>(layer), element));
          const float part = tree_sum(parts, fan_out, job.format);
          sum = micro_batch == 0 ? part : sum + part;
        }
        parameter -= rate * (sum * unscale);
      }
      const float trained = end.layers[layer].tensors[tensor].values[place];
      if (trained != parameter) REQUIRE(trained == parameter);
    }
  }
}

}  // namespace

TEST_CASE("one to five systems, of every format and two trees, train as a plain loop does") {
  std::vector<std::unique_ptr<EchoCluster>> clusters;
  for (int systems = 1; systems <= 5; ++systems)
    for (const int fan_out : {2, 4}) clusters.push_back(cluster_of(systems, fan_out, 1, HalfFormat::fp16));
  for (const HalfFormat format : {HalfFormat::bf16, HalfFormat::cb16}) clusters.push_back(cluster_of(3, 2, 1, format));
  clusters.push_back(cluster_of(3, 2, 3, HalfFormat::fp16));
  clusters.push_back(cluster_of(1, 2, 2, HalfFormat::bf16));
  sc_core::sc_start();
  for (const auto& cluster : clusters) require_plain_sgd(*cluster);
}

TEST_CASE("links carry two bytes a gradient") {
  hw::Job job = small_job(1, 3);
  const EchoCluster wide(job, small_machine());
  job.gradient_wire = half_wire;
  const EchoCluster half(job, small_machine());
  sc_core::sc_start();
  const auto sent = [](const EchoCluster& cluster) {
    REQUIRE(cluster.memoryx.finished());
    Bytes up = 0;
    for (const proto::LimitingLink& link : cluster.swarmx.link_records())
      if (link.limiter == proto::Limiter::ethernet_up) up += link.bytes;
    return up;
  };
  const int parameters = 21 * 16 + 17 * 12 + 13 * 5, loss = 8;
  CHECK(sent(wide) == 3 * (parameters * 4 + loss));
  CHECK(sent(half) == 3 * (parameters * 2 + loss));
}

TEST_CASE("a sum that only 16 bits cannot hold costs the step under a dynamic scale, which falls") {
  hw::Job job = small_job(2, 3);
  job.loss_scale = {true, 1024, 1, 1024, 1000};
  EchoOptions options;
  // Each system's part fits, what the node makes of two does not, once.
  options.gradient = [](int, int step, int, int layer, std::int64_t element) {
    return step == 1 && layer == 1 && element == 7 ? 40000.0F : 1.0F;
  };
  const EchoCluster wide(job, small_machine(), options);
  job.gradient_wire = half_wire;
  const EchoCluster half(job, small_machine(), options);
  sc_core::sc_start();
  for (const EchoCluster* cluster : {&wide, &half}) {
    const bool halves = cluster == &half;
    CAPTURE(halves);
    REQUIRE(cluster->memoryx.finished());
    const hw::TrainingState end = cluster->memoryx.state();
    CHECK(end.loss_scale == (halves ? 512 : 1024));
    CHECK(end.finite_steps == (halves ? 1 : 3));
    CHECK(end.layers[1].updates == (halves ? 2 : 3));
    CHECK(end.layers[0].updates == 3);
    HalfLosses lost;
    for (const HalfLosses& of_layer : cluster->swarmx.losses()) lost.add(of_layer);
    CHECK(lost.infinities == (halves ? 1 : 0));
    CHECK(lost.values == (halves ? 3 * (21 * 16 + 17 * 12 + 13 * 5) : 0));
  }
}
