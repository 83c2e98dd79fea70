// Question: is a link busy exactly while it serialises, and its track then and at no other time?
#include <catch2/catch.hpp>
#include <tuple>
#include <vector>

#include "tlm/block/link_port.h"
#include "tlm/trace/span_recorder.h"

using namespace weft;
using namespace weft::proto;

TEST_CASE("a link by hand: before, when and after it is free") {
  Link link(8, 500);  // 1 ns a byte
  CHECK(link.send(1'000, 3) == 1'000 + 3'000 + 500);
  CHECK((link.start_of_last() == 1'000 && link.free_at() == 4'000));
  CHECK(link.send(3'999, 2) == 4'000 + 2'000 + 500);  // a picosecond early: waits
  CHECK(link.start_of_last() == 4'000);
  CHECK(link.send(6'000, 1) == 6'000 + 1'000 + 500);
  CHECK(link.send(7'001, 1) == 7'001 + 1'000 + 500);  // a picosecond late: a gap
  CHECK((link.start_of_last() == 7'001 && link.free_at() == 8'001));
  CHECK((link.bytes() == 7 && link.busy_ps() == 7'000));
}

TEST_CASE("a link's serialisation is rounded up to a picosecond, once a block") {
  Link link(3, 0);
  CHECK(link.send(0, 1) == 2'667);  // 8000 / 3
  CHECK(link.send(0, 3) == 2'667 + 8'000);
  CHECK(link.send(0, 1'000'000) == 2'667 + 8'000 + 2'666'666'667);
}

namespace {

struct Kept final : TraceSink {
  std::vector<std::pair<Picosecond, std::string>> changes;
  void begin(const std::vector<Track>&) override {}
  void name(Picosecond at, TrackId, const std::string& text) override { changes.emplace_back(at, text); }
  void number(Picosecond, TrackId, std::uint64_t) override {}
  void flush(Picosecond) override {}
};

}  // namespace

TEST_CASE("a port's spans begin and end with the serialisation, not with the arrival") {
  Kept kept;
  SpanRecorder recorder{TraceSelection({}), kept};
  recorder.call_layers({"fc1", "fc2", "fc3"});
  LinkPort port("cluster.some.link", "some_class", Limiter::ethernet_up, 8, 70'000, recorder);
  recorder.begin();
  BlockTag weights, loss, credit;
  weights.layer = 2;
  loss.kind = BlockKind::loss;
  credit.kind = BlockKind::credit;
  Cause why;
  CHECK(port.send(1'000, weights, 4, why) == 1'000 + 4'000 + 70'000);
  CHECK(port.send(2'000, loss, 8, why) == 5'000 + 8'000 + 70'000);
  CHECK(port.send(90'000, credit, 0, why) == 90'000 + 70'000);
  recorder.finish();
  using Changes = std::vector<std::pair<Picosecond, std::string>>;
  CHECK(kept.changes == Changes{{1'000, "fc3.weights"}, {5'000, "loss"}, {13'000, ""}});
  const LimitingLink record = port.record();
  CHECK((record.name == "cluster.some.link" && record.link_class == "some_class"));
  CHECK((record.bytes == 12 && record.busy == 12'000));
  CHECK(record.end >= 13'000);
}

TEST_CASE("what a track shows is the layer and the kind, or the kind alone") {
  Kept kept;
  SpanRecorder recorder{TraceSelection({}), kept};
  recorder.call_layers({"fc1", "fc2"});
  BlockTag tag;
  for (const BlockKind kind : {BlockKind::weights, BlockKind::gradient, BlockKind::checkpoint}) {
    tag.kind = kind;
    tag.layer = 1;
    CHECK(shown(tag, recorder) == std::string("fc2.") + name_of(kind));
    tag.layer = 2;  // of the run, not of a layer
    CHECK(shown(tag, recorder) == name_of(kind));
  }
  for (const BlockKind kind : {BlockKind::step_begin, BlockKind::credit, BlockKind::loss, BlockKind::samples}) {
    tag.kind = kind;
    tag.layer = 1;
    CHECK(shown(tag, recorder) == name_of(kind));
  }
}

// Two blocks are ready at 100 ns; the second waits until the first is through. What bounded its arrival is then what
// bounded the first one's, and the link since.
TEST_CASE("what waits for a link goes back to the block before, what does not to its own cause") {
  NullRecorder none;
  LinkPort port("cluster.some.link", "some_class", Limiter::ethernet_up, 8, 0, none);
  const BlockTag tag;
  using Stretch = std::tuple<Limiter, Picosecond, Picosecond>;
  const auto stretches = [](const Cause& cause) {
    std::vector<Stretch> all;
    cause.walk(0, [&](Limiter limiter, const WorkOf&, Picosecond begin, Picosecond end) {
      all.emplace_back(limiter, begin, end);
    });
    return all;
  };
  Cause first = Cause().then(Limiter::input_servers, {}, 100'000), second = Cause().then(Limiter::host, {}, 100'000);
  REQUIRE(port.send(100'000, tag, 50, first) == 150'000);
  REQUIRE(port.send(100'000, tag, 70, second) == 220'000);
  CHECK(stretches(first) ==
        std::vector<Stretch>{{Limiter::ethernet_up, 100'000, 150'000}, {Limiter::input_servers, 0, 100'000}});
  CHECK(stretches(second) ==
        std::vector<Stretch>{{Limiter::ethernet_up, 100'000, 220'000}, {Limiter::input_servers, 0, 100'000}});
  Cause late = Cause().then(Limiter::host, {}, 300'000);
  REQUIRE(port.send(300'000, tag, 10, late) == 310'000);
  CHECK(stretches(late) == std::vector<Stretch>{{Limiter::ethernet_up, 300'000, 310'000}, {Limiter::host, 0, 300'000}});
}
