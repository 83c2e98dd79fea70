// Question: does the user node say which part of a checkpoint came last, and refuse one that is not the next?
#include <tlm_utils/simple_initiator_socket.h>

#include <catch2/catch.hpp>

#include "tests/protocol/echo_cluster.h"
#include "tlm/base/error.h"

using namespace weft;
using namespace weft::test;
using Catch::Matchers::Contains;

namespace {

struct Sender : sc_core::sc_module {
  tlm_utils::simple_initiator_socket<Sender> out{"out"};
  explicit Sender(const sc_core::sc_module_name& name) : sc_module(name) {}
  void checkpoint(int layer) {
    proto::BlockTag tag;
    tag.kind = proto::BlockKind::checkpoint;
    tag.layer = layer;
    proto::send(out, {tag, std::make_shared<const proto::PayloadBytes>(4)}, 0);
  }
  void loss(int layer, std::int64_t step, int micro_batch, float sum, float correct) {
    proto::BlockTag tag;
    tag.kind = proto::BlockKind::loss;
    tag.layer = layer;
    tag.step = step;
    tag.micro_batch = micro_batch;
    const float values[] = {sum, correct};
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(values);
    proto::send(out, {tag, std::make_shared<const proto::PayloadBytes>(bytes, bytes + sizeof values)}, 0);
  }
};

}  // namespace

TEST_CASE("in the middle of a checkpoint the user node says which layer came last") {
  hw::Job job = small_job(1, 0);
  job.timing_only = true;  // nothing of a payload is read
  job.layers.insert(job.layers.begin() + 1, {"add", 16, 16, "", 0});
  job.layers[1].kind = hw::LayerKind::none;
  REQUIRE_FALSE(job.layers[1].has_parameters());
  Observed observed;
  Sender memoryx("memoryx");
  hw::UserNode user("user", job, observed);
  memoryx.out.bind(user.memoryx_in);
  const std::string rest = "user waits for the rest of a checkpoint after layer ";
  CHECK(user.waiting_for().empty());
  for (const auto& [layer, came] : {std::pair(0, "fc1"), {2, "fc2"}, {3, "fc3"}}) {
    memoryx.checkpoint(layer);
    CHECK(user.waiting_for() == rest + came);
  }
  CHECK_THROWS_WITH(memoryx.checkpoint(0), Contains("layer 4 is next"));
  memoryx.checkpoint(4);
  CHECK(user.waiting_for().empty());
  CHECK_THROWS_WITH(memoryx.checkpoint(2), Contains("layer 0 is next"));
}

TEST_CASE("of two losses the user node adds up each by itself, and a step has ended with both of every micro-batch") {
  hw::Job job = small_job(1, 2);
  job.micro_batches = 2;
  job.layers[1].label_id = 1;
  Observed observed;
  Sender memoryx("memoryx");
  hw::UserNode user("user", job, observed);
  memoryx.out.bind(user.memoryx_in);
  memoryx.loss(1, 0, 0, 0.5F, 1);
  CHECK_THROWS_WITH(memoryx.loss(1, 0, 0, 0.5F, 1), Contains("the same loss as before it"));
  memoryx.loss(2, 0, 0, 8, 3);
  CHECK_THROWS_WITH(memoryx.loss(1, 0, 0, 0.5F, 1), Contains("micro-batch 1 is next"));
  memoryx.loss(2, 0, 1, 16, 5);
  CHECK(user.waiting_for() == "user waits for the loss of stage 0 step 0 micro-batch 1");
  CHECK(user.steps_done() == 0);
  memoryx.loss(1, 0, 1, 0.25F, 2);
  CHECK(user.steps_done() == 1);
  REQUIRE(observed.steps.size() == 1);
  const hw::StepResult& step = observed.steps.front();
  CHECK((step.loss_sum == 24 && step.correct == 8 && step.sample_loss_sum == 0.75 && step.sample_correct == 3));
  memoryx.loss(1, 1, 0, 1, 0);
  CHECK(user.waiting_for() == "user waits for the loss of stage 0 step 1 micro-batch 0");
}
