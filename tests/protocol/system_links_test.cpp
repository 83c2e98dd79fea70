// Does a system take what is due alone, when it is there, and do its links up take the time that they should?
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <functional>

#include "hw/csx/system_links.h"
#include "tests/protocol/echo_cluster.h"
#include "tlm/base/error.h"

using namespace weft;
using namespace weft::test;
using Catch::Matchers::Contains;
using proto::BlockKind;
using proto::BlockTag;

namespace {

proto::Block::Payload bytes(std::size_t count) { return std::make_shared<const proto::PayloadBytes>(count); }

/// A system without a wafer, and what stands at the other ends.
struct Ends : sc_core::sc_module {
  using Work = std::function<void(Ends&)>;
  struct Got {
    BlockTag tag;
    Picosecond at;
  };

  proto::NullRecorder null;
  hw::SystemLinks links;
  sc_core::sc_vector<tlm_utils::simple_initiator_socket<Ends>> down;
  sc_core::sc_vector<tlm_utils::passthrough_target_socket_tagged<Ends>> up;
  tlm_utils::simple_initiator_socket<Ends> samples;
  tlm_utils::passthrough_target_socket<Ends> credits;
  std::vector<Got> got_up, got_credits;

  Ends(const sc_core::sc_module_name& name, const hw::MachineSpec& machine, Work system)
      : sc_module(name),
        links(7, machine, null),
        down("down", static_cast<std::size_t>(machine.io.ethernet_links)),
        up("up", static_cast<std::size_t>(machine.io.ethernet_links)),
        samples("samples"),
        credits("credits"),
        system_(std::move(system)) {
    for (std::size_t lane = 0; lane < up.size(); ++lane) {
      up[lane].register_b_transport(this, &Ends::take_up, static_cast<int>(lane));
      down[lane].bind(links.ethernet_in[lane]);
      links.ethernet_out[lane].bind(up[lane]);
    }
    credits.register_b_transport(this, &Ends::take_credit);
    samples.bind(links.input_in);
    links.input_out.bind(credits);
    SC_HAS_PROCESS(Ends);
    SC_THREAD(run);
  }
  void run() { system_(*this); }
  void take_up(int, tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
    got_up.push_back({proto::take(transaction)->tag, proto::absolute_ps(delay)});
  }
  void take_credit(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
    got_credits.push_back({proto::take(transaction)->tag, proto::absolute_ps(delay)});
  }

 private:
  Work system_;
};

using Change = std::function<void(BlockTag&)>;
const Change stage = [](BlockTag&tag) { ++tag.stage; }, step = [](BlockTag&tag) { ++tag.step; },
             micro_batch = [](BlockTag&tag) { ++tag.micro_batch; }, launch = [](BlockTag&tag) { ++tag.launch; },
             layer = [](BlockTag&tag) { ++tag.layer; }, chunk = [](BlockTag&tag) { ++tag.chunk; };

BlockTag due_of(BlockKind kind) {
  BlockTag tag;
  tag.kind = kind;
  tag.stage = 1;
  tag.step = 2;
  tag.micro_batch = 3;
  return tag;
}

/// What a system says to a block that is due but for one field.
std::string said_to(Ends& ends, BlockKind kind, const Change& change) {
  BlockTag sent = due_of(kind);
  change(sent);
  try {
    if (kind == BlockKind::samples) {
      proto::send(ends.samples, {sent, bytes(4)}, proto::absolute_ps(sc_core::SC_ZERO_TIME));
      ends.links.samples(due_of(kind));
    } else {
      proto::send(ends.down[0], {sent, bytes(4)}, proto::absolute_ps(sc_core::SC_ZERO_TIME));
      ends.links.weights(due_of(kind));
    }
  } catch (const SimulationError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("samples and weights that are due but for one field of their tag are refused") {
  int asked = 0;
  Ends ends("ends", small_machine(), [&](Ends& all) {
    for (const Change& change : {stage, step, micro_batch}) {
      CHECK_THAT(said_to(all, BlockKind::samples, change), Contains("system 7 took") && Contains("out of turn"));
      CHECK_THAT(said_to(all, BlockKind::weights, change), Contains("system 7 took") && Contains("instead of"));
      ++asked;
    }
    for (const Change& change : {launch, layer, chunk}) {
      CHECK_THAT(said_to(all, BlockKind::weights, change), Contains("instead of"));
      ++asked;
    }
    CHECK(said_to(all, BlockKind::samples, [](BlockTag&) {}).empty());
    CHECK(said_to(all, BlockKind::weights, [](BlockTag&) {}).empty());
  });
  sc_core::sc_start();
  CHECK(asked == 6);
}

TEST_CASE("a block is taken when its last byte is there, those of a kind in turn, and what is waited for is told") {
  int taken = 0;
  Ends ends("ends", small_machine(), [&](Ends& all) {
    const auto now = [] { return proto::absolute_ps(sc_core::SC_ZERO_TIME); };
    proto::send(all.samples, {due_of(BlockKind::samples), bytes(4)}, 5'000);
    proto::send(all.samples, {due_of(BlockKind::samples), bytes(8)}, 4'000);
    CHECK(all.links.samples(due_of(BlockKind::samples)).at == 5'000);
    CHECK(now() == 5'000);
    CHECK(all.links.waiting_for() == "system 7 waits for the samples of stage 1 step 2 micro-batch 3");
    const hw::ArrivedBlock second = all.links.samples(due_of(BlockKind::samples));
    CHECK((second.at == 4'000 && second.bytes() == 8));
    CHECK(now() == 5'000);
    proto::send(all.down[2], {due_of(BlockKind::step_begin), bytes(4)}, 9'000);
    CHECK(all.links.step_begin(due_of(BlockKind::step_begin)).at == 9'000);
    CHECK(all.links.waiting_for() == "system 7 waits for the begin of stage 1 step 2");
    all.links.wait_for_nothing();
    CHECK(all.links.waiting_for().empty());
    ++taken;
  });
  sc_core::sc_start();
  CHECK(taken == 1);
}

TEST_CASE("up a lane one block after the other, other lanes beside it, and a credit takes the cable alone") {
  Ends ends("ends", small_machine(), [](Ends& all) {  // 100 Gb/s are 80 ps a byte, the cable 250 ns
    BlockTag tag = due_of(BlockKind::gradient);
    const auto sent = [&](int lane, std::size_t size, Picosecond ready) {
      tag.lane = lane;
      all.links.send_up({tag, size > 0 ? bytes(size) : nullptr}, ready, {});
    };
    sent(0, 100, 1'000);
    sent(0, 100, 2'000);
    sent(0, 100, 17'000);
    sent(0, 100, 25'001);
    sent(1, 100, 2'000);
    sent(0, 0, 2'000);
    all.links.credit_samples(due_of(BlockKind::samples), {}, 3'000);
  });
  sc_core::sc_start();
  std::vector<Picosecond> times;
  for (const Ends::Got& got : ends.got_up) times.push_back(got.at - 250'000);
  CHECK(times == std::vector<Picosecond>{9'000, 17'000, 25'000, 33'001, 10'000, 2'000});
  REQUIRE(ends.got_credits.size() == 1);
  CHECK((ends.got_credits[0].at == 3'000 && ends.got_credits[0].tag.kind == BlockKind::credit));
  CHECK(ends.got_credits[0].tag.micro_batch == 3);
  CHECK(ends.links.records()[0].bytes == 400);
  CHECK(ends.links.records()[1].bytes == 100);
}

TEST_CASE("a system takes no gradient") {
  std::string said;
  Ends ends("ends", small_machine(), [&](Ends& all) {
    try {
      proto::send(all.down[0], {due_of(BlockKind::gradient), bytes(4)}, 0);
    } catch (const SimulationError& error) {
      said = error.what();
    }
  });
  sc_core::sc_start();
  CHECK_THAT(said, Contains("system 7 cannot take"));
}
