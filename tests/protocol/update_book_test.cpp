// Is a layer updated at once, but never ahead of a stream of the step, and is what comes out of turn refused?
#include <limits>

#include <catch2/catch.hpp>

#include "hw/memoryx/credit_window.h"
#include "tests/protocol/echo_cluster.h"
#include "tlm/base/error.h"

using namespace weft;
using namespace weft::test;
using Catch::Contains;

namespace {

struct Books {
  explicit Books(hw::Job the_job = small_job())
      : job(std::move(the_job)),
        machine(small_machine()),
        placement(job, machine),
        store(job, machine.memoryx.chunk_bytes, invented_state(job)),
        book(job, machine, placement, store, servers, hw::LossScale(job.loss_scale, job.loss_scale.initial, 0)) {
    for (int server = 0; server < placement.servers(); ++server) servers.emplace_back(job, machine, placement, server);
  }

  int chunks(int layer) const {
    return stream_shape(job.layers[layer], hw::KernelKind::matmul_gradient, machine.memoryx.chunk_bytes,
                        job.gradient_wire)
        .chunks();
  }
  void gradient(std::int64_t step, int layer, int chunk, Picosecond at, float value = 1, int micro_batch = 0,
                const proto::Cause& cause = {}) {
    const auto shape = stream_shape(job.layers[layer], hw::KernelKind::matmul_gradient, machine.memoryx.chunk_bytes,
                                    job.gradient_wire);
    const std::vector<float> values(shape.chunk_elements(chunk), value);
    const auto* first = reinterpret_cast<const std::uint8_t*>(values.data());
    proto::BlockTag tag;
    tag.kind = proto::BlockKind::gradient;
    tag.layer = layer;
    tag.chunk = chunk;
    tag.micro_batch = micro_batch;
    book.gradient(step, tag, std::make_shared<const proto::PayloadBytes>(first, first + values.size() * 4), at, cause);
  }
  float first_weight(int layer) const { return store.state().layers[layer].tensors[0].values[0]; }

  hw::Job job;
  hw::MachineSpec machine;
  hw::Placement placement;
  hw::ParameterStore store;
  std::vector<hw::WeightServer> servers;
  hw::UpdateBook book;
};

}  // namespace

TEST_CASE("a gradient that comes before the delta stream was read waits, and its update starts after the read") {
  Books books;
  const float before = books.first_weight(1);
  for (int chunk = 0; chunk < books.chunks(1); ++chunk) books.gradient(0, 1, chunk, 1'000);
  REQUIRE(books.first_weight(1) == before);
  REQUIRE(books.book.version(1) == 0);
  REQUIRE(books.book.version_at(1) == 0);  // there when the run begins
  REQUIRE_THAT(books.book.missing(1), Contains("streams of layer fc2"));
  books.book.streams_read(0, 1, 5'000'000);
  REQUIRE(books.first_weight(1) != before);
  REQUIRE(books.book.version(1) == 1);
  REQUIRE(books.book.version_at(1) > 5'000'000);
  REQUIRE(books.book.records().size() == 1);
  const proto::UpdateRecord& record = books.book.records().front();
  REQUIRE((record.train_step == 0 && record.layer == 1 && record.applied));
  REQUIRE(record.start == 5'000'000);
  REQUIRE(record.end == books.book.version_at(1));
}

TEST_CASE("a gradient of another width is refused") {
  hw::Job job = small_job();
  job.gradient_wire = hw::GradientWire(HalfFormat::fp16);
  Books books(job);
  CHECK_THROWS_WITH(books.gradient(0, 1, 0, 1'000), Contains("has 204 bytes, its chunk has 102"));  // 3 rounds of 17
}

TEST_CASE("a chunk is updated as soon as it is there, the version counts when the last is") {
  Books books;
  books.book.streams_read(0, 1, 500);
  const float before = books.first_weight(1);
  books.gradient(0, 1, 0, 1'000);
  REQUIRE(books.first_weight(1) != before);
  REQUIRE(books.book.version(1) == 0);
  REQUIRE_THAT(books.book.missing(1), Contains("gradient of layer fc2 chunk 1"));
  for (int chunk = 1; chunk < books.chunks(1); ++chunk) books.gradient(0, 1, chunk, 1'000);
  REQUIRE(books.book.version(1) == 1);
}

TEST_CASE("the update takes its servers in parallel, each at its rate") {
  Books books;
  books.book.streams_read(0, 0, 0);
  const int chunks = books.chunks(0);
  for (int chunk = 0; chunk < chunks; ++chunk) books.gradient(0, 0, chunk, 10'000);
  std::int64_t most = 0;
  for (int server = 0; server < 3; ++server) most = std::max(most, books.placement.parameters(server, 0));
  REQUIRE(most < books.job.layers[0].parameters());
  REQUIRE(books.book.version_at(0) == 10'000 + most * 1'000 + 90'000);  // 1e9 a second, DRAM latency
}

TEST_CASE("each layer's version has its own cause: what its gradient had waited for, then its update") {
  Books books;
  const proto::Limiter waited[] = {proto::Limiter::ethernet_up, proto::Limiter::swarmx, proto::Limiter::wafer};
  for (int layer = 0; layer < 3; ++layer) {
    books.book.streams_read(0, layer, 0);
    const proto::Cause cause = proto::Cause().then(waited[layer], {}, 10'000'000 * (layer + 1));
    for (int chunk = 0; chunk < books.chunks(layer); ++chunk) books.gradient(0, layer, chunk, cause.at(), 1, 0, cause);
  }
  for (int layer = 0; layer < 3; ++layer) {
    const proto::Cause& cause = books.book.version_cause(layer);
    CHECK(cause.at() == books.book.version_at(layer));
    std::vector<proto::Limiter> way;
    cause.walk(0,
               [&](proto::Limiter limiter, const proto::WorkOf&, Picosecond, Picosecond) { way.push_back(limiter); });
    CHECK(way.back() == waited[layer]);
    CHECK(way.front() == proto::Limiter::memoryx_update);
  }
}

TEST_CASE(
    "parameters that two layers stream are updated once, by the sum of both gradients, when the later one is in") {
  hw::Job shared = small_job();
  shared.layers.push_back(shared.layers[1]);
  shared.layers.back().name = "like fc2";
  shared.layers.back().shares = 1;
  for (const int micro_batches : {1, 2}) {
    shared.micro_batches = micro_batches;
    hw::Job alone = small_job();
    alone.micro_batches = micro_batches;
    Books books(shared), other(alone);
    books.book.streams_read(0, 1, 0);
    other.book.streams_read(0, 1, 0);
    const float before = books.first_weight(1);
    for (int chunk = 0; chunk < books.chunks(1); ++chunk)
      for (int part = 0; part < 2 * micro_batches; ++part) {
        CHECK(books.book.version(1) == 0);
        books.gradient(0, 1, chunk, 1'000'000 * (part + 1), part % 2 == 0 ? 0.5F : 0.75F, part / 2);
        if (part % 2 == 1) other.gradient(0, 1, chunk, 1'000'000 * (part + 1), 1.25F, part / 2);
      }
    CHECK(books.book.version(1) == 1);
    CHECK(books.book.version_at(1) > 2'000'000 * micro_batches);
    CHECK(books.first_weight(1) != before);
    CHECK(books.store.state().layers[1].tensors[0].values == other.store.state().layers[1].tensors[0].values);
    CHECK(books.store.state().layers.back().tensors.empty());
    CHECK(books.placement.parameters(0, 1) == other.placement.parameters(0, 1));
    CHECK(books.placement.parameters(0, static_cast<int>(shared.layers.size()) - 1) == 0);
    CHECK_THROWS_WITH(books.gradient(0, 1, 0, 0), Contains("training step 1"));
  }
}

TEST_CASE("what comes out of turn is refused") {
  Books books;
  books.gradient(0, 1, 0, 0);
  REQUIRE_THROWS_WITH(books.gradient(0, 1, 0, 0), Contains("chunk 0"));  // twice
  REQUIRE_THROWS_AS(books.gradient(1, 1, 1, 0), SimulationError);        // a step too early
  REQUIRE_THROWS_AS(books.gradient(0, 1, 1, 0, 1, 1), SimulationError);  // no such micro-batch
  REQUIRE_THROWS_AS(books.gradient(0, 1, books.chunks(1), 0), SimulationError);
  REQUIRE_THROWS_WITH(books.book.streams_read(1, 0, 0), Contains("fc1") && Contains("version 0"));
  proto::BlockTag tag;
  tag.kind = proto::BlockKind::gradient;
  tag.layer = 1;
  tag.chunk = 1;
  REQUIRE_THROWS_WITH(books.book.gradient(0, tag, std::make_shared<const proto::PayloadBytes>(12), 0),
                      Contains("12 bytes"));
}

TEST_CASE("dynamic loss scaling: nothing of a layer is written before all of it is known to be finite") {
  hw::Job job = small_job();
  job.loss_scale.dynamic = true;
  job.loss_scale.initial = 16;
  Books books(job);
  for (int layer = 0; layer < 3; ++layer) books.book.streams_read(0, layer, 0);
  const float before = books.first_weight(1);
  const int last = books.chunks(1) - 1;
  for (int chunk = 0; chunk < last; ++chunk) books.gradient(0, 1, chunk, 1'000);
  REQUIRE(books.first_weight(1) == before);
  books.gradient(0, 1, last, 7'000, std::numeric_limits<float>::quiet_NaN());
  REQUIRE(books.first_weight(1) == before);
  REQUIRE(books.book.version(1) == 1);
  REQUIRE(books.book.version_at(1) == 7'000);
  REQUIRE_FALSE(books.book.records().front().applied);
  REQUIRE((books.book.records().front().start == 7'000 && books.book.records().front().end == 7'000));
  REQUIRE(books.book.loss_scale().scale() == 16);  // the step is not over
  for (const int layer : {0, 2})
    for (int chunk = 0; chunk < books.chunks(layer); ++chunk) books.gradient(0, layer, chunk, 9'000);
  REQUIRE(books.book.steps_decided() == 1);
  REQUIRE(books.book.loss_scale().scale() == 8);
  REQUIRE(books.store.state().layers[1].updates == 0);
  REQUIRE(books.store.state().layers[0].updates == 1);
}

TEST_CASE("credit window: room in the order of sending, at N bytes but not at N + 1") {
  hw::CreditWindow window(100);
  Picosecond at = -1;
  proto::BlockTag a, b;
  b.chunk = 1;
  REQUIRE(window.room(60, at));
  REQUIRE(at == 0);
  window.sent(a, 60);
  REQUIRE(window.room(40, at));
  REQUIRE_FALSE(window.room(41, at));
  window.sent(b, 40);
  proto::BlockTag credit = b;
  credit.kind = proto::BlockKind::credit;
  window.returned(credit, 500);  // the younger first
  REQUIRE_FALSE(window.room(30, at));
  REQUIRE(window.oldest().chunk == 0);
  REQUIRE_THROWS_AS(window.returned(credit, 500), SimulationError);
  credit.chunk = 0;
  window.returned(credit, 300);
  REQUIRE(window.room(60, at));
  REQUIRE(at == 300);
  REQUIRE(window.room(61, at));  // needs both
  REQUIRE(at == 500);
  REQUIRE(window.room(1000, at));  // larger than the window: alone

  hw::CreditWindow early(100);
  early.sent(a, 100);
  REQUIRE_FALSE(early.room(1, at));
  early.returned(credit, 0);  // at once is a time, too
  REQUIRE(early.room(1, at));
  REQUIRE(at == 0);
}

TEST_CASE("placement: striped by chunk, whole tensors largest first to the least loaded server") {
  hw::Job job = small_job();
  hw::MachineSpec machine = small_machine();
  const hw::Placement striped(job, machine);
  REQUIRE(striped.lane(1, 4) == 1);
  machine.memoryx.weight_servers = 2;
  job.whole_tensor_placement = true;  // 336, 204, 65 parameters
  const hw::Placement whole(job, machine);
  REQUIRE(whole.server(0, 7) == 0);
  REQUIRE(whole.server(1, 0) == 1);
  REQUIRE(whole.server(2, 0) == 1);
  REQUIRE(whole.parameters(1, 1) == 204);
  REQUIRE(whole.parameters(0, 1) == 0);
}
