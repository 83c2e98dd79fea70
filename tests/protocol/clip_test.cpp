// Question: is a step clipped by the norm of all its gradients as by PyTorch, waiting or at once with repair, with the
// same bits, and in the time that its memory and arithmetic take?
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "hw/memoryx/gradient_norm.h"
#include "hw/memoryx/update_book.h"
#include "tests/protocol/echo_cluster.h"
#include "tests/support/torch_tables.h"

using namespace weft;
using namespace weft::test;

namespace {

hw::Job clipped_job(double max_norm, hw::ClipTiming timing) {
  hw::Job job = small_job();
  job.clip = {max_norm, 0, timing};
  return job;
}

struct Books {
  explicit Books(hw::Job the_job, hw::MachineSpec the_machine = small_machine())
      : job(std::move(the_job)),
        machine(std::move(the_machine)),
        placement(job, machine),
        store(job, machine.memoryx.chunk_bytes, invented_state(job)),
        book(job, machine, placement, store, servers, hw::LossScale(job.loss_scale, job.loss_scale.initial, 0)) {
    for (int server = 0; server < placement.servers(); ++server) servers.emplace_back(job, machine, placement, server);
  }

  hw::StreamShape shape(int layer) const {
    return stream_shape(job.layers[layer], hw::KernelKind::matmul_gradient, machine.memoryx.chunk_bytes,
                        job.gradient_wire);
  }
  /// All of a layer's chunks, every element `value`.
  void gradient(std::int64_t step, int layer, Picosecond at, float value) {
    for (int chunk = 0; chunk < shape(layer).chunks(); ++chunk) {
      std::vector<float> values(static_cast<std::size_t>(shape(layer).chunk_elements(chunk)), value);
      const auto* first = reinterpret_cast<const std::uint8_t*>(values.data());
      proto::BlockTag tag;
      tag.kind = proto::BlockKind::gradient;
      tag.layer = layer;
      tag.chunk = chunk;
      book.gradient(step, tag, std::make_shared<const proto::PayloadBytes>(first, first + values.size() * 4), at);
    }
  }
  /// A step whose gradients come at 1, 2 and 3 us, the last layer's first.
  void step(std::int64_t number, float value) {
    const Picosecond begin = book.decided_at();
    for (int layer = 0; layer < 3; ++layer) book.streams_read(number, layer, begin);
    for (int layer = 2; layer >= 0; --layer) gradient(number, layer, begin + (3 - layer) * 1'000'000, value);
  }
  std::int64_t parameters() const {
    std::int64_t all = 0;
    for (const auto& layer : job.layers) all += layer.parameters();
    return all;
  }

  hw::Job job;
  hw::MachineSpec machine;
  hw::Placement placement;
  hw::ParameterStore store;
  std::vector<hw::WeightServer> servers;
  hw::UpdateBook book;
};

std::vector<float> weights(const Books& books) {
  std::vector<float> all;
  for (const auto& layer : books.store.state().layers)
    for (const auto& tensor : layer.tensors) all.insert(all.end(), tensor.values.begin(), tensor.values.end());
  return all;
}

constexpr auto waiting = hw::ClipTiming::waiting, speculative = hw::ClipTiming::speculative;

}  // namespace

TEST_CASE(
    "the factor by hand: the limit over the norm of all chunks, one below the limit, no number where the norm is "
    "none") {
  hw::GradientNorm norm({3, 0, hw::ClipTiming::waiting}, {1, 2}, 500);
  const auto step = [&norm](double first, double second, double third) {
    norm.add(1, 1, third, 200);
    norm.add(0, 0, first, 300);
    CHECK_FALSE(norm.known());
    norm.add(1, 0, second, 100);
    REQUIRE(norm.known());
    CHECK((norm.last_at() == 300 && norm.at() == 800));
    const float factor = norm.factor();
    norm.next_step();
    return factor;
  };
  CHECK(step(4, 8, 4) == Approx(0.75F));
  CHECK(step(1, 2, 1) == 1);     // 3 / 2
  CHECK(step(9, 0, 0) < 1);      // 3 / (3 + 1e-6)
  CHECK(step(1e-4, 0, 0) == 1);  // 300
  CHECK(std::isnan(step(1, std::numeric_limits<double>::quiet_NaN(), 1)));
}

TEST_CASE("norm and factor are PyTorch's, whatever the order of arrival") {
  for (const test::TorchClipped& torch : torch_tables().clipped) {
    if (torch.max_norm == 0) continue;
    const std::vector<double>& unclipped = torch_tables().unclipped;
    const std::vector<float> gradient(unclipped.begin(), unclipped.end());
    for (const bool backwards : {false, true}) {
      hw::GradientNorm norm({torch.max_norm}, {1, 1}, 500);
      const double first = hw::sum_of_squares(gradient.data(), 2, 1), second = hw::sum_of_squares(&gradient[2], 3, 1);
      if (backwards) norm.add(1, 0, second, 70);
      norm.add(0, 0, first, 90);
      REQUIRE(norm.known() == backwards);
      if (!backwards) norm.add(1, 0, second, 70);
      REQUIRE(norm.known());
      CHECK(norm.norm() == Approx(torch.norm).epsilon(1e-6));
      CHECK(norm.at() == 590);
      for (std::size_t i = 0; i < gradient.size(); ++i)
        CHECK(static_cast<double>(gradient[i] * norm.factor()) == Approx(torch.gradients[i]).epsilon(1e-6));
    }
  }
}

TEST_CASE("updates wait for the norm of all and multiply every gradient by its factor") {
  const double norm = 2 * std::sqrt(static_cast<double>(Books(small_job()).parameters()));
  Books books(clipped_job(norm / 4, waiting));
  const auto before = weights(books);
  const double count = books.job.batch;
  for (int layer = 0; layer < 3; ++layer) books.book.streams_read(0, layer, 0);
  for (const int layer : {2, 1}) books.gradient(0, layer, 1'000'000, static_cast<float>(2 * count));
  CHECK(books.book.version(2) == 0);
  CHECK(weights(books) == before);
  books.gradient(0, 0, 3'000'000, static_cast<float>(2 * count));
  for (int layer = 0; layer < 3; ++layer) CHECK(books.book.version(layer) == 1);
  const auto after = weights(books);
  for (std::size_t i = 0; i < before.size(); ++i)
    CHECK(static_cast<double>(before[i] - after[i]) == Approx(0.01 * 2 / 4).epsilon(1e-3));  // rate x 2 / 4
  REQUIRE(books.book.clip_records().size() == 1);
  const proto::ClipRecord& record = books.book.clip_records().front();
  CHECK(record.norm == Approx(norm).epsilon(1e-6));
  CHECK(record.factor == Approx(0.25).epsilon(1e-5));
  CHECK_FALSE(record.repaired);
  CHECK(record.gradients_at > 3'000'000);
  CHECK(record.known_at == record.gradients_at + 2 * books.machine.swarmx.link_latency_ps);
  CHECK(record.updated_at > record.known_at);
}

TEST_CASE("a norm at the limit changes no bit, and one below it neither") {
  Books plain(small_job());
  plain.step(0, 8);
  for (const double limit : {1e3, 1e9}) {
    Books books(clipped_job(limit, waiting));
    books.step(0, 8);
    CHECK(books.book.clip_records().front().factor == 1);
    CHECK(weights(books) == weights(plain));
  }
}

TEST_CASE(
    "speculative updates: the bits of waiting, sooner where the norm is small, later where all is updated twice") {
  for (const bool clips : {false, true}) {
    CAPTURE(clips);
    Books waits(clipped_job(clips ? 0.1 : 1e6, waiting)), at_once(clipped_job(clips ? 0.1 : 1e6, speculative));
    for (int step = 0; step < 3; ++step) {
      waits.step(step, 100);
      at_once.step(step, 100);
    }
    CHECK(weights(waits) == weights(at_once));
    const auto& slow = waits.book.clip_records();
    const auto& fast = at_once.book.clip_records();
    REQUIRE(fast.size() == 3);
    CHECK(fast[0].repaired == clips);
    CHECK(fast[0].norm == slow[0].norm);
    if (!clips) {
      CHECK(fast[0].updated_at < slow[0].updated_at);
    } else {
      CHECK(fast[0].updated_at >= slow[0].updated_at);
    }
  }
}

TEST_CASE("speculative updates: each chunk once, as it comes") {
  hw::MachineSpec machine = small_machine();
  machine.memoryx.weight_servers = 1;
  machine.memoryx.update_params_per_s = 1e8;
  machine.swarmx.link_latency_ps = 0;  // nothing waits for the norm
  Books books(clipped_job(1e6, speculative), machine);
  for (int layer = 0; layer < 3; ++layer) books.book.streams_read(0, layer, 0);
  for (const int layer : {2, 1}) books.gradient(0, layer, 1'000'000, 1);
  books.gradient(0, 0, 100'000'000, 1);
  // 16 rounds of 21 elements, 3 a chunk: 5 chunks of 63, one of 21. At 10 ns an element each is squared, comes back by
  // DRAM's latency of 90 ns, and is updated, before the next one's turn.
  const Picosecond whole = 630'000 + 90'000 + 630'000, last = 210'000 + 90'000 + 210'000 + 90'000;
  CHECK(books.book.clip_records().front().updated_at == 100'000'000 + 5 * whole + last);
}

TEST_CASE("with a dynamic loss scale a gradient that is not finite stops the whole step") {
  for (const auto timing : {waiting, speculative}) {
    hw::Job job = clipped_job(1, timing);
    job.loss_scale.dynamic = true;
    job.loss_scale.initial = 16;
    Books books(job);
    const auto before = weights(books);
    for (int layer = 0; layer < 3; ++layer) books.book.streams_read(0, layer, 0);
    books.gradient(0, 2, 1'000, 1);
    books.gradient(0, 1, 1'000, std::numeric_limits<float>::infinity());
    books.gradient(0, 0, 1'000, 1);
    CHECK(weights(books) == before);
    CHECK(books.book.steps_decided() == 1);
    CHECK(books.book.loss_scale().scale() == 8);
    CHECK(books.store.state().layers[0].updates == 0);
  }
}

TEST_CASE("a run that only times counts a repair in every step") {
  hw::Job job = clipped_job(1, speculative);
  job.timing_only = true;
  Books books(job);
  books.step(0, 1);
  CHECK(books.book.clip_records().front().repaired);
}
