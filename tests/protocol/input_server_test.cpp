// Does an input server deliver each system its own samples, at the stated rate, no further ahead than allowed?
#include <cstring>

#include <catch2/catch.hpp>

#include "hw/input/input_server.h"
#include "tests/protocol/echo_cluster.h"
#include "tlm/base/error.h"

using namespace weft;
using namespace weft::test;

namespace {

struct Numbered : hw::SampleSource {
  int tokens, width;
  Numbered(int t, int w) : tokens(t), width(w) {}
  int features() const override { return width; }
  void fill(int stage, std::int64_t step, int system, int micro_batch, std::uint16_t* samples,
            std::int32_t* labels) override {
    for (int i = 0; i < tokens * width; ++i)
      samples[i] = static_cast<std::uint16_t>(10'000 * stage + 1000 * step + 100 * system + 10 * micro_batch + i);
    for (int i = 0; i < tokens; ++i) labels[i] = -i;
  }
};

struct Following : Numbered {
  using Numbered::Numbered;
  bool follows_results() const override { return true; }
};

/// Takes a block, keeps it for `hold_ps`, gives it back.
struct Taker : sc_core::sc_module {
  tlm_utils::passthrough_target_socket<Taker> samples_in{"samples_in"};
  tlm_utils::simple_initiator_socket<Taker> credit_out{"credit_out"};
  struct Got {
    proto::BlockTag tag;
    proto::Block::Payload payload;
    Picosecond at, given_back;
  };
  std::vector<Got> got;
  std::size_t given_back = 0, stop_after;
  Picosecond hold_ps, free_ps = 0;
  sc_core::sc_event event;

  Taker(const sc_core::sc_module_name& name, Picosecond hold, std::size_t stop = 1000)
      : sc_module(name), stop_after(stop), hold_ps(hold) {
    samples_in.register_b_transport(this, &Taker::take);
    SC_HAS_PROCESS(Taker);
    SC_THREAD(run);
  }
  void take(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
    const std::optional<proto::Block> block = proto::take(transaction);
    REQUIRE(block);
    got.push_back({block->tag, block->payload, proto::absolute_ps(delay), 0});
    event.notify(sc_core::SC_ZERO_TIME);
  }
  void run() {
    for (; given_back < stop_after; ++given_back) {
      while (given_back == got.size()) wait(event);
      free_ps = std::max(free_ps, got[given_back].at) + hold_ps;
      got[given_back].given_back = free_ps;
      proto::BlockTag tag = got[given_back].tag;
      tag.kind = proto::BlockKind::credit;
      proto::send(credit_out, {tag}, free_ps);
    }
  }
};

hw::MachineSpec machine_of(double samples_per_s, int prefetch) {
  hw::MachineSpec machine = small_machine();
  machine.input.workers_per_system = 2;
  machine.input.samples_per_s = samples_per_s;
  machine.input.prefetch_batches = prefetch;
  machine.input.link_gbps = 8;  // 1 ns a byte
  machine.input.link_latency_ps = 300;
  machine.host.command_latency_ps = 5'000;
  return machine;
}

struct Pair {
  Pair(const hw::Job& job, const hw::MachineSpec& machine, hw::SampleSource& source, Picosecond hold,
       std::size_t stop = 1000)
      : server("input", job, machine, 2, source, null), taker("taker", hold, stop) {
    server.system_out.bind(taker.samples_in);
    taker.credit_out.bind(server.credit_in);
  }
  proto::NullRecorder null;
  hw::InputServer server;
  Taker taker;
};

/// Tells the server of one result after the other, each `after` later.
struct Results : sc_core::sc_module {
  hw::InputServer& server;
  int count;
  Picosecond after;
  Results(const sc_core::sc_module_name& name, hw::InputServer& of, int results, Picosecond period)
      : sc_module(name), server(of), count(results), after(period) {
    SC_HAS_PROCESS(Results);
    SC_THREAD(run);
  }
  void run() {
    for (int result = 1; result <= count; ++result) {
      wait(sc_core::sc_time(static_cast<double>(after), sc_core::SC_PS));
      server.take_result(result * after + 500);  // it arrives a little later than it is told
    }
  }
};

}  // namespace

TEST_CASE("blocks come in the job's order with this system's samples and labels") {
  hw::Job job = small_job(4, 2);
  job.micro_batches = 2;
  job.batch = 4 * 2 * 3;  // 3 tokens a micro-batch; 3 * 5 values: the labels are not aligned
  job.stages = {{true, 2}, {false, 1}};
  Numbered source(3, 5);
  Pair pair(job, machine_of(1e9, 2), source, 1'000);
  sc_core::sc_start();
  REQUIRE(pair.server.waiting_for().empty());
  REQUIRE(pair.taker.got.size() == 6);
  int index = 0;
  for (int stage = 0; stage < 2; ++stage)
    for (int step = 0; step < (stage == 0 ? 2 : 1); ++step)
      for (int micro_batch = 0; micro_batch < 2; ++micro_batch, ++index) {
        const auto& got = pair.taker.got[index];
        REQUIRE(got.tag.kind == proto::BlockKind::samples);
        REQUIRE(got.payload->size() == 3 * 5 * 2 + 3 * 4);
        std::uint16_t value;
        std::memcpy(&value, got.payload->data() + 2 * 14, 2);
        REQUIRE(value == 10'000 * stage + 1000 * step + 200 + 10 * micro_batch + 14);
        std::int32_t label;
        std::memcpy(&label, got.payload->data() + 30 + 8, 4);
        REQUIRE(label == -2);
      }
}

TEST_CASE("a slow worker group starves the system: its rate binds") {
  hw::Job job = small_job(1, 4);  // 8 samples a batch
  Numbered source(8, 1);          // 48 bytes
  Pair pair(job, machine_of(1e6, 3), source, 0);
  sc_core::sc_start();
  for (int i = 0; i < 4; ++i) REQUIRE(pair.taker.got[i].at == 5'000 + (i + 1) * 4'000'000 + 48'000 + 300);
}

TEST_CASE("a slow system: no more than the prefetch depth is ahead") {
  hw::Job job = small_job(1, 6);
  Numbered source(8, 1);
  Pair pair(job, machine_of(1e9, 2), source, 10'000'000);
  sc_core::sc_start();
  const auto& got = pair.taker.got;
  REQUIRE(got.size() == 6);
  for (std::size_t i = 2; i < got.size(); ++i)  // made (4 ns) when the one two before was taken, then the link
    REQUIRE(got[i].at == got[i - 2].given_back + 4'000 + 48'000 + 300);
}

TEST_CASE("samples that follow results are made when the result before is there") {
  hw::Job job = small_job(1, 4);
  job.stages = {{false, 2}, {false, 2}};
  Following source(8, 1);
  Pair pair(job, machine_of(1e9, 3), source, 0);
  Results results("results", pair.server, 3, 1'000'000);
  sc_core::sc_start();
  const auto& got = pair.taker.got;
  REQUIRE(got.size() == 4);
  REQUIRE(got[0].at == 5'000 + 4'000 + 48'000 + 300);
  for (std::size_t step = 1; step < 4; ++step)
    REQUIRE(got[step].at == static_cast<Picosecond>(step) * 1'000'000 + 500 + 4'000 + 48'000 + 300);
  REQUIRE(pair.server.waiting_for().empty());
}

TEST_CASE("a result that does not come is what it waits for") {
  hw::Job job = small_job(1, 4);
  Following source(8, 1);
  Pair pair(job, machine_of(1e9, 3), source, 0);
  Results results("results", pair.server, 1, 1'000'000);
  sc_core::sc_start();
  REQUIRE(pair.taker.got.size() == 2);
  REQUIRE_THAT(pair.server.waiting_for(), Catch::Contains("waits for the result of the step before"));
}

TEST_CASE("it says whom it waits for") {
  hw::Job job = small_job(1, 4);
  Numbered source(8, 1);
  Pair pair(job, machine_of(1e9, 2), source, 0, 1);
  sc_core::sc_start();
  REQUIRE_THAT(pair.server.waiting_for(), Catch::Contains("system 2 to take samples") && Catch::Contains("step 1"));
}

TEST_CASE("rates and depths that make no sense are refused") {
  hw::Job job = small_job(1, 1);
  Numbered source(8, 1);
  proto::NullRecorder null;
  REQUIRE_THROWS_AS(hw::InputServer("a", job, machine_of(0, 2), 0, source, null), UsageError);
  REQUIRE_THROWS_AS(hw::InputServer("b", job, machine_of(1e6, 0), 0, source, null), UsageError);
}
