// Does a broadcast-reduce node sum in child order whatever the order of delivery, and refuse what breaks the protocol?
#include <algorithm>
#include <cstring>
#include <random>

#include <catch2/catch.hpp>

#include "hw/swarmx/reduction.h"
#include "hw/swarmx/tree_shape.h"
#include "tests/protocol/echo_cluster.h"
#include "tlm/base/error.h"

using namespace weft;
using namespace weft::test;
using Catch::Contains;

namespace {

proto::BlockTag tag_of(proto::BlockKind kind, int chunk) {
  proto::BlockTag tag;
  tag.kind = kind;
  tag.chunk = chunk;
  return tag;
}

proto::Block::Payload floats(const std::vector<float>& values) {
  const auto* first = reinterpret_cast<const std::uint8_t*>(values.data());
  return std::make_shared<const proto::PayloadBytes>(first, first + values.size() * sizeof(float));
}

std::vector<float> values_of(const proto::Block::Payload& payload) {
  std::vector<float> values(payload->size() / sizeof(float));
  std::memcpy(values.data(), payload->data(), payload->size());
  return values;
}

}  // namespace

TEST_CASE("the sum's bits and time do not depend on the order of the calls") {
  constexpr int children = 4, chunks = 5;
  std::vector<float> expected[chunks];
  Picosecond expected_at[chunks];
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::mt19937 random(seed);
    hw::Reduction reduction("node", children);
    std::vector<int> turns;
    for (int child = 0; child < children; ++child) turns.insert(turns.end(), chunks, child);
    if (seed > 0) std::shuffle(turns.begin(), turns.end(), random);
    int sent[children] = {}, completed = 0;
    for (const int child : turns) {
      const int chunk = sent[child]++;
      std::vector<float> part(33);
      for (int i = 0; i < 33; ++i) part[i] = invented_gradient(child, chunk, 0, 0, i);
      const proto::Block block{tag_of(proto::BlockKind::gradient, chunk), floats(part)};
      hw::Reduced reduced;
      if (!reduction.deliver(child, block, 1000 * chunk + 10 * (child == 2 ? 7 : child), reduced)) continue;
      REQUIRE(reduced.block.tag.chunk == completed);
      if (seed == 0) {
        expected[completed] = values_of(reduced.block.payload);
        expected_at[completed] = reduced.at;
      }
      REQUIRE(values_of(reduced.block.payload) == expected[completed]);
      REQUIRE(reduced.at == expected_at[completed]);
      REQUIRE(reduced.at == 1000 * completed + 70);
      ++completed;
    }
    REQUIRE(completed == chunks);
    REQUIRE(reduction.waiting_for().empty());
  }
  for (int i = 0; i < 33; ++i) {
    float sum = invented_gradient(0, 0, 0, 0, i);
    for (int child = 1; child < children; ++child) sum += invented_gradient(child, 0, 0, 0, i);
    REQUIRE(expected[0][i] == sum);
  }
}

TEST_CASE("the inputs of a sum are not written") {
  hw::Reduction reduction("node", 2);
  hw::Reduced reduced;
  const proto::Block a{tag_of(proto::BlockKind::gradient, 0), floats({1, 2})};
  const proto::Block b{tag_of(proto::BlockKind::gradient, 0), floats({10, 20})};
  REQUIRE_FALSE(reduction.deliver(0, a, 5, reduced));
  REQUIRE(reduction.waiting_for() ==
          "node waits for gradient of layer 0 chunk 0 (stage 0 step 0 micro-batch 0 launch 0 lane 0) from 1 of 2 "
          "children (1)");
  REQUIRE(reduction.deliver(1, b, 3, reduced));
  REQUIRE(values_of(reduced.block.payload) == std::vector<float>{11, 22});
  REQUIRE(values_of(a.payload) == std::vector<float>{1, 2});
}

TEST_CASE("breaches of the protocol name the node, the block and the child") {
  hw::Reduction reduction("swarmx.lane3", 2);
  hw::Reduced reduced;
  const proto::Block first{tag_of(proto::BlockKind::gradient, 4), floats({1, 2})};
  reduction.deliver(0, first, 0, reduced);
  SECTION("twice from one child") {
    REQUIRE_THROWS_AS(reduction.deliver(0, first, 0, reduced), SimulationError);
    REQUIRE_THROWS_WITH(reduction.deliver(0, first, 0, reduced),
                        Contains("swarmx.lane3") && Contains("child 0") && Contains("chunk 4") && Contains("twice"));
  }
  SECTION("another block") {
    const proto::Block other{tag_of(proto::BlockKind::gradient, 5), floats({1, 2})};
    REQUIRE_THROWS_WITH(reduction.deliver(1, other, 0, reduced),
                        Contains("child 1") && Contains("chunk 5") && Contains("chunk 4"));
  }
  SECTION("another size") {
    const proto::Block other{tag_of(proto::BlockKind::gradient, 4), floats({1, 2, 3})};
    REQUIRE_THROWS_WITH(reduction.deliver(1, other, 0, reduced), Contains("child 1") && Contains("12 bytes"));
  }
  SECTION("a kind that only travels downwards") {
    const proto::Block other{tag_of(proto::BlockKind::weights, 4), floats({1, 2})};
    REQUIRE_THROWS_WITH(reduction.deliver(1, other, 0, reduced), Contains("child 1") && Contains("weights"));
  }
}

TEST_CASE("tree shapes") {
  using Levels = std::vector<int>;
  REQUIRE(hw::swarmx_levels(1, 4) == Levels{1});
  REQUIRE(hw::swarmx_levels(4, 4) == Levels{1});
  REQUIRE(hw::swarmx_levels(5, 4) == Levels{2, 1});
  REQUIRE(hw::swarmx_levels(16, 4) == Levels{4, 1});
  REQUIRE(hw::swarmx_levels(17, 4) == Levels{5, 2, 1});
  REQUIRE(hw::swarmx_levels(192, 4) == Levels{48, 12, 3, 1});
  REQUIRE(hw::swarmx_levels(192, 2) == Levels{96, 48, 24, 12, 6, 3, 2, 1});
  REQUIRE(hw::swarmx_levels(2048, 4) == Levels{512, 128, 32, 8, 2, 1});
  REQUIRE(hw::swarmx_children(17, 4, 4) == 1);
}

TEST_CASE("every system gets every chunk, one payload shared, at the time its level costs") {
  hw::Job job = small_job(17, 1);
  EchoCluster cluster(job, small_machine(), {1, 0, false});
  sc_core::sc_start();
  REQUIRE(cluster.memoryx.finished());
  REQUIRE(cluster.swarmx.levels() == 3);
  const auto& first = cluster.systems.front()->seen;
  for (const auto& system : cluster.systems) {
    REQUIRE(system->seen.size() == first.size());
    for (std::size_t i = 0; i < first.size(); ++i) REQUIRE(system->seen[i].payload == first[i].payload);
  }
  // Same depth for all: an idle tree delivers to all at the same time.
  for (const auto& system : cluster.systems) REQUIRE(system->seen[0].arrived == first[0].arrived);
}

TEST_CASE("a system that stays silent is found out") {
  EchoOptions options;
  options.silent_system = 1;  // takes its first chunk and stops
  EchoCluster cluster(small_job(2, 1), small_machine(), options);
  sc_core::sc_start();
  REQUIRE_FALSE(cluster.memoryx.finished());
  REQUIRE_THAT(cluster.memoryx.waiting_for(), Contains("credit of") && Contains("layer 0"));
  REQUIRE_THAT(cluster.swarmx.waiting_for(), Contains("credit of layer 0 chunk 0") && Contains("1 of 2 children (1)"));
  REQUIRE_THAT(cluster.user.waiting_for(), Contains("loss of stage 0 step 0"));
}
