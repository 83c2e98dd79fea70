// Question: does everything off the wafer speak TLM's base protocol, and would the check notice if not?
#include <catch2/catch.hpp>

#include <fmt/format.h>

#include <map>
#include <string>

#include "hw/cluster/cluster.h"
#include "hw/input/synthetic_source.h"
#include "hw/spec/machine_file.h"
#include "tests/protocol/echo_cluster.h"
#include "tests/support/layer_chain.h"
#include "tests/support/paths.h"

using namespace weft;
using namespace weft::test;
using Catch::Contains;

namespace {

/// A legal write of four bytes.
struct Legal {
  unsigned char bytes[4] = {1, 2, 3, 4};
  tlm::tlm_generic_payload payload;
  Legal() {
    payload.set_command(tlm::TLM_WRITE_COMMAND);
    payload.set_data_ptr(bytes);
    payload.set_data_length(4);
    payload.set_streaming_width(4);
  }
};

/// The cluster of `job` on the machine `mini`, every joint checked: transactions by the initiator's name.
std::map<std::string, std::int64_t> transactions_of(const hw::Job& job) {
  const hw::MachineSpec machine = hw::load_machine("mini", source_path("hw/machines"));
  ThreadPool pool(1);
  hw::SystemPlan plan;
  plan.job = &job;
  plan.machine = &machine;
  plan.mapping.lane = {8, 8};
  plan.predict = [](bool, int) { return Cycle{0}; };
  plan.pool = &pool;
  hw::SyntheticSource source(job, job.layers.front().inputs, job.layers.back().outputs, 256, 1);
  Observed observed;
  hw::RunToEnd to_end;
  proto::NullRecorder recorder;
  CheckedJoints joints;
  hw::Cluster cluster("cluster", plan, invented_state(job), source, to_end, observed, recorder, joints);
  cluster.run();
  REQUIRE(observed.steps.size() == static_cast<std::size_t>(job.stages.front().steps));
  std::map<std::string, std::int64_t> found;
  for (const auto& joint : joints.all()) found[joint->joined()] = joint->transactions();
  return found;
}

void train(bool timing_only) {
  hw::Job job = small_job(5, 3);  // two levels of nodes: mini's fan-out is below 5
  const sw::MatchedModel model = layer_chain(job.layers);
  job.tensors = model.tensors;
  job.activations = model.activations;
  job.train_launches = sw::train_launches(model, false, 3);
  job.micro_batches = 2;
  job.batch = 80;
  job.final_checkpoint = true;
  job.timing_only = timing_only;
  const auto found = transactions_of(job);
  CHECK(found.at("cluster.memoryx.user_out") == 3 * 2 + 3 + 1);  // losses; a checkpoint's layers and its end
  for (int system = 0; system < 5; ++system) {
    CHECK(found.at(fmt::format("cluster.input{}.system_out", system)) == 3 * 2);
    CHECK(found.at(fmt::format("cluster.system{}.input_out", system)) == 3 * 2);
  }
  std::int64_t down = 0, up = 0;
  for (const auto& [name, transactions] : found) {
    if (name.rfind("cluster.memoryx.lane_out", 0) == 0) down += transactions;
    if (name.rfind("cluster.system0.ethernet_out", 0) == 0) up += transactions;
  }
  // Of 3 steps: a begin; and of 2 micro-batches each of 5 launches with weights and 3 with gradients, a chunk each.
  CHECK(down == 3 * (1 + 2 * 5));
  CHECK(up == 3 * 2 * (5 + 3 + 1));  // credits, gradients, losses
}

}  // namespace

TEST_CASE("every off-wafer socket of a training run keeps to the base protocol") { train(false); }

TEST_CASE("every off-wafer socket of a run that only times keeps to the base protocol") { train(true); }

TEST_CASE("a breach of the base protocol is noticed") {
  Legal legal;
  tlm::tlm_generic_payload& payload = legal.payload;
  REQUIRE(fault_before(payload).empty());
  SECTION("before the call") {
    SECTION("answered already") {
      payload.set_response_status(tlm::TLM_OK_RESPONSE);
      CHECK_THAT(fault_before(payload), Contains("response TLM_OK_RESPONSE"));
    }
    SECTION("DMI hint") {
      payload.set_dmi_allowed(true);
      CHECK_THAT(fault_before(payload), Contains("DMI"));
    }
    SECTION("no bytes") {
      payload.set_data_length(0);
      CHECK_THAT(fault_before(payload), Contains("no bytes"));
      payload.set_command(tlm::TLM_IGNORE_COMMAND);
      CHECK(fault_before(payload).empty());
    }
    SECTION("no pointer") {
      payload.set_data_ptr(nullptr);
      CHECK_THAT(fault_before(payload), Contains("data pointer"));
    }
    SECTION("streaming width") {
      payload.set_streaming_width(0);
      CHECK_THAT(fault_before(payload), Contains("streaming width 0"));
    }
    SECTION("byte enables without length") {
      payload.set_byte_enable_ptr(legal.bytes);
      CHECK_THAT(fault_before(payload), Contains("byte enables"));
    }
  }
  SECTION("after it") {
    const SeenPayload before(payload);
    const sc_core::sc_time early(1, sc_core::SC_NS), late(2, sc_core::SC_NS);
    CHECK_THAT(fault_after(before, payload, early, early), Contains("not answered"));
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    CHECK(fault_after(before, payload, early, late).empty());
    CHECK_THAT(fault_after(before, payload, late, early), Contains("shorter delay"));
    SECTION("bytes") {
      legal.bytes[2] = 0;
      CHECK_THAT(fault_after(before, payload, early, early), Contains("other bytes"));
    }
    SECTION("length") {
      payload.set_data_length(3);
      CHECK_THAT(fault_after(before, payload, early, early), Contains("length"));
    }
    SECTION("address") {
      payload.set_address(4);
      CHECK_THAT(fault_after(before, payload, early, early), Contains("address"));
    }
  }
}

TEST_CASE("a target of blocks answers what it cannot do, and takes another's plain payload") {
  Legal legal;
  proto::BlockTag tag;
  tag.kind = proto::BlockKind::weights;
  tag.chunk = 7;
  tlm::tlm_generic_payload& payload = legal.payload;
  CHECK_THROWS_WITH(proto::take(payload), Contains("BlockTag"));
  payload.set_extension(&tag);
  SECTION("a plain write") {
    const auto block = proto::take(payload);
    REQUIRE(block);
    CHECK(payload.is_response_ok());
    CHECK(block->tag.chunk == 7);
    CHECK(block->payload->bytes() == std::vector<std::uint8_t>{1, 2, 3, 4});
  }
  SECTION("no bytes") {
    payload.set_command(tlm::TLM_IGNORE_COMMAND);
    const auto block = proto::take(payload);
    REQUIRE(block);
    CHECK(block->bytes() == 0);
  }
  SECTION("a read") {
    payload.set_command(tlm::TLM_READ_COMMAND);
    CHECK_FALSE(proto::take(payload));
    CHECK(payload.get_response_status() == tlm::TLM_COMMAND_ERROR_RESPONSE);
  }
  SECTION("byte enables") {
    payload.set_byte_enable_ptr(legal.bytes);
    payload.set_byte_enable_length(4);
    CHECK_FALSE(proto::take(payload));
    CHECK(payload.get_response_status() == tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  }
  SECTION("a stream") {
    payload.set_streaming_width(2);
    CHECK_FALSE(proto::take(payload));
    CHECK(payload.get_response_status() == tlm::TLM_BURST_ERROR_RESPONSE);
  }
  payload.clear_extension(&tag);
}

TEST_CASE("an initiator reads the answer") {
  struct Refuses : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<Refuses> out{"out"};
    tlm_utils::passthrough_target_socket<Refuses> in{"in"};
    explicit Refuses(const sc_core::sc_module_name& name) : sc_module(name) {
      in.register_b_transport(this, &Refuses::refuse);
      out.bind(in);
    }
    void refuse(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
      payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    }
  } refuses("refuses");
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  CHECK_THROWS_WITH(proto::send(refuses.out, {proto::BlockTag{}}, 0), Contains("refuses.out") &&
                                                                          Contains("weights of layer 0") &&
                                                                          Contains("TLM_ADDRESS_ERROR_RESPONSE"));
}
