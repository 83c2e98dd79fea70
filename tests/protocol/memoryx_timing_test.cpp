// Do the times off the wafer equal a recurrence worked out by hand?
#include <algorithm>

#include <catch2/catch.hpp>

#include "tests/protocol/echo_cluster.h"

using namespace weft;
using namespace weft::test;

namespace {

/// One layer of 7 inputs and 8 outputs, one lane, one server: forward and gradient only. 4 outputs a chunk of weights
/// (4 * 8 * 2 = 64 bytes), 2 outputs a chunk of gradient (2 * 8 * 4 = 64 bytes).
hw::Job one_layer(std::int64_t steps) {
  hw::Job job;
  job.layers = {{"fc", 7, 8, "", 0}};
  job.train_launches = {
      {hw::KernelKind::matmul_forward, 0}, {hw::KernelKind::softmax_loss, 0}, {hw::KernelKind::matmul_gradient, 0}};
  job.stages = {{true, steps}};
  job.final_checkpoint = false;
  job.batch = 1;
  return job;
}

/// Round numbers: a 64-byte block takes 64 ns on a lane (8 Gb/s).
hw::MachineSpec round_machine() {
  hw::MachineSpec machine = small_machine();
  machine.io.ethernet_links = 1;
  machine.io.ethernet_gbps = 8;
  machine.io.edge_buffer_bytes = 64;
  machine.swarmx = {4, 1'000, 500};
  machine.memoryx.weight_servers = 1;
  machine.memoryx.dram = {1 << 20, 128, 7'000};  // a chunk's 32 masters (128 bytes): 1 ns, then 7 ns latency
  machine.memoryx.update_params_per_s = 1e9;     // 16 parameters: 16 ns
  machine.memoryx.chunk_bytes = 64;
  machine.host = {8, 3'000, 10'000};
  return machine;
}

struct Spans : proto::Recorder {
  struct Span {
    Picosecond begin, end;
    std::uint64_t value;
  };
  std::vector<std::string> names{""};
  std::vector<std::string> paths;
  std::vector<std::vector<Span>> spans;
  proto::TrackId track(const std::string& path, const std::string& scope, proto::TrackValues values) override {
    REQUIRE(scope == "links");
    REQUIRE(values == proto::TrackValues::names);
    paths.push_back(path);
    spans.emplace_back();
    return static_cast<proto::TrackId>(paths.size()) - 1;
  }
  std::uint64_t name(const std::string& text) override {
    names.push_back(text);
    return names.size() - 1;
  }
  std::string layer(int index) const override { return "fc" + std::to_string(index + 1); }
  void call_layers(const std::vector<std::string>&) override {}
  int source() override { return 0; }
  void settled(int, Picosecond) override {}
  void span(proto::TrackId id, Picosecond begin, Picosecond end, std::uint64_t value) override {
    spans[static_cast<std::size_t>(id)].push_back({begin, end, value});
  }
  bool active() const override { return true; }
};

constexpr Picosecond command = 10'000, read = 1'000 + 7'000, wire = 64'000, cable = 500, node = 1'000;
constexpr Picosecond open_bytes = 4'000;  // step_begin holds the lane for 4 bytes

}  // namespace

TEST_CASE("weights take read, lane, node and lane, the next chunk goes at the first's credit") {
  EchoOptions options;
  options.most_delay_ps = 0;
  EchoCluster cluster(one_layer(1), round_machine(), options);
  sc_core::sc_start();
  REQUIRE(cluster.memoryx.finished());
  const auto& seen = cluster.systems.front()->seen;
  REQUIRE(seen.size() == 2);
  const Picosecond ready = command + read;  // after step_begin has left the lane
  REQUIRE(ready > command + open_bytes);
  const Picosecond first = ready + wire + cable + node + wire + cable;
  REQUIRE(seen[0].arrived == first);
  const Picosecond credit = first + cable + node + cable;  // consumed at once; control frames take no lane time
  REQUIRE(seen[1].arrived == credit + read + wire + cable + node + wire + cable);
}

TEST_CASE("the bubble: gradient up, update, first weights of the next step") {
  EchoOptions options;
  options.most_delay_ps = 0;
  hw::MachineSpec machine = round_machine();
  machine.io.edge_buffer_bytes = 4096;
  EchoCluster cluster(one_layer(2), machine, options);
  sc_core::sc_start();
  REQUIRE(cluster.memoryx.finished());
  const auto& seen = cluster.systems.front()->seen;
  REQUIRE(seen.size() == 4);
  const Picosecond start = seen[1].arrived;  // both chunks are there, gradients leave at once
  // Loss (8 bytes: 8 ns) goes first, then four gradient chunks back to back on the first cable.
  const Picosecond last_at_node = start + 8'000 + 4 * wire + cable;
  const Picosecond last_at_memoryx = last_at_node + node + wire + cable;  // its lane is free when it comes
  const Picosecond updated = last_at_memoryx + 16'000 + 7'000;
  REQUIRE(seen[2].arrived == updated + read + wire + cable + node + wire + cable);
  REQUIRE(seen[3].arrived == seen[2].arrived + wire);  // the lane binds
}

TEST_CASE("the loss reaches the user node by tree and host link") {
  EchoOptions options;
  options.most_delay_ps = 0;
  EchoCluster cluster(one_layer(1), round_machine(), options);
  sc_core::sc_start();
  REQUIRE(cluster.observed.steps.size() == 1);
  const Picosecond sent = cluster.systems.front()->seen[1].credited;
  REQUIRE(cluster.observed.steps[0].at == sent + 8'000 + cable + node + 8'000 + cable + 8'000 + 3'000);
}

TEST_CASE("the transposing reader binds a delta stream when it is slower than memory") {
  hw::MachineSpec machine = round_machine();
  hw::Job job = one_layer(1);
  machine.memoryx.transpose_gigabytes_per_s = 12.8;  // 128 bytes: 10 ns
  const hw::Placement placement(job, machine);
  hw::WeightServer server(job, machine, placement, 0);
  REQUIRE(server.read(0, 0, 32, false) == 8'000);
  REQUIRE(server.read(0, 0, 32, true) == 1'000 + 10'000 + 7'000);
}

TEST_CASE("what DRAM cannot hold is read from flash") {
  hw::MachineSpec machine = round_machine();
  const hw::Job job = one_layer(1);
  machine.memoryx.dram.capacity_bytes = 128;  // half of 64 parameters
  machine.memoryx.flash = {128, 1, 100'000};
  const hw::Placement placement(job, machine);
  hw::WeightServer server(job, machine, placement, 0);
  REQUIRE(server.read(0, 0, 32, false) == 500 + 64'000 + 100'000);

  machine.memoryx.flash.capacity_bytes = 127;
  REQUIRE_THROWS_WITH(hw::WeightServer(job, machine, placement, 0), Catch::Contains("256 bytes"));
}

TEST_CASE("bytes and busy time of the links add up") {
  EchoCluster cluster(one_layer(3), round_machine());
  sc_core::sc_start();
  const auto records = cluster.memoryx.link_records();
  REQUIRE(records.size() == 2);
  REQUIRE(records[0].bytes == 3 * (2 * 64 + 4));
  REQUIRE(records[0].busy == records[0].bytes * 1000);  // 1 ns a byte
  REQUIRE(records[1].bytes == 3 * 8);
  const auto tree = cluster.swarmx.link_records();
  REQUIRE(tree.size() == 2);
  REQUIRE(tree[0].bytes == 3 * (4 * 64 + 8));  // up
  REQUIRE(tree[1].bytes == 3 * (2 * 64 + 4));  // down
}

TEST_CASE("the spans of each link's track do not overlap and add up to its busy time") {
  Spans recorder;
  EchoCluster cluster(small_job(5, 2), small_machine(), {3, 3'000'000, true}, nullptr, &recorder);
  sc_core::sc_start();
  auto records = cluster.memoryx.link_records();
  for (auto& record : cluster.swarmx.link_records()) records.push_back(record);
  REQUIRE(records.size() == recorder.paths.size());
  for (const auto& record : records) {
    const auto found = std::find(recorder.paths.begin(), recorder.paths.end(), record.name);
    REQUIRE(found != recorder.paths.end());
    const auto& spans = recorder.spans[found - recorder.paths.begin()];
    Picosecond busy = 0;
    for (std::size_t i = 0; i < spans.size(); ++i) {
      busy += spans[i].end - spans[i].begin;
      REQUIRE_THAT(recorder.names.at(spans[i].value),
                   Catch::Matches("(fc[123]\\.(weights|gradient|checkpoint)|step_begin|loss|samples)"));
      if (i > 0) REQUIRE(spans[i].begin >= spans[i - 1].end);
    }
    REQUIRE(busy == record.busy);
  }
}
