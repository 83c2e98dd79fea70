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
