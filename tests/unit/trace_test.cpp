// Question: does a trace hold each span as it was, in bounds, and say what it lacks?
#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

#include "tests/support/scratch_folder.h"
#include "tlm/base/error.h"
#include "tlm/trace/span_recorder.h"
#include "tlm/trace/trace_file.h"
#include "tlm/trace/vcd.h"

using namespace weft;
using namespace weft::proto;
using Catch::Contains;

namespace {

std::string vcd_of(const SpanRecorder& recorder, const std::vector<std::string>& comments = {}) {
  std::ostringstream stream;
  write_vcd(stream, recorder, comments);
  return stream.str();
}

/// What stands behind the initial values.
std::string changes_of(const SpanRecorder& recorder) {
  const std::string text = vcd_of(recorder);
  const std::string end = "$end\n";
  return text.substr(text.rfind(end) + end.size());
}

}  // namespace

TEST_CASE("a recorder keeps what is selected, as it was") {
  SpanRecorder recorder{TraceSelection({"links"})};
  CHECK(recorder.active());
  const TrackId link = recorder.track("a.link", "links");
  CHECK(recorder.track("a.phase", "phases") == -1);
  recorder.span(link, 5, 9, 3);
  recorder.span(-1, 5, 9, 3);
  recorder.span(link, 9, 9, 3);  // of no length
  recorder.span(link, 12, 11, 3);
  REQUIRE(recorder.spans().size() == 1);
  const Span& span = recorder.spans()[0];
  CHECK((span.track == link && span.begin == 5 && span.end == 9 && span.value == 3));
  CHECK(recorder.tracks() == std::vector<std::string>{"a.link"});
  CHECK_THROWS_AS(recorder.track("a.link", "links"), SimulationError);
}

TEST_CASE("at its limit, not one before, a recorder drops, and is complete until the first begin that it dropped") {
  SpanRecorder recorder(TraceSelection({}), 3);
  const TrackId track = recorder.track("a.b", "links");
  for (Picosecond at : {10, 20, 30}) recorder.span(track, at, at + 5, 1);
  CHECK((recorder.spans().size() == 3 && recorder.dropped() == 0));
  recorder.span(track, 70, 71, 1);
  CHECK((recorder.spans().size() == 3 && recorder.dropped() == 1));
  CHECK(recorder.complete_until() == 70);
  recorder.span(track, 50, 60, 1);  // spans come in any order
  recorder.span(track, 90, 95, 1);
  CHECK((recorder.dropped() == 3 && recorder.complete_until() == 50));
  CHECK_THAT(vcd_of(recorder), Contains("3 spans past the limit were dropped; complete until 50 ps"));
}

TEST_CASE("nothing is dropped: nothing is said of it") {
  SpanRecorder recorder(TraceSelection({}), 3);
  recorder.span(recorder.track("a.b", "links"), 1, 2, 1);
  CHECK_THAT(vcd_of(recorder), !Contains("dropped"));
}

TEST_CASE("each change of a waveform: begin, value, end, in the order of time") {
  SpanRecorder recorder{TraceSelection({})};
  const TrackId a = recorder.track("top.a", "links"), b = recorder.track("top.b", "links");
  recorder.span(b, 40, 50, 6);
  recorder.span(a, 10, 20, 1);
  recorder.span(a, 20, 30, 5);  // goes on: no way by 0
  recorder.span(a, 31, 33, 5);
  CHECK(changes_of(recorder) ==
        "#10\nb1 !\n#20\nb101 !\n#30\nb0 !\n#31\nb101 !\n#33\nb0 !\n#40\nb110 \"\n#50\nb0 \"\n");
}

TEST_CASE("a span at time 0, and one that ends where another track's begins") {
  SpanRecorder recorder{TraceSelection({})};
  const TrackId a = recorder.track("top.a", "links"), b = recorder.track("top.b", "links");
  recorder.span(a, 0, 7, 1);
  recorder.span(b, 7, 9, 0xffffffff);
  CHECK(changes_of(recorder) == "b1 !\n#7\nb0 !\nb" + std::string(32, '1') + " \"\n#9\nb0 \"\n");
}

TEST_CASE("overlapping spans of one track are refused, at the gate they are not") {
  SpanRecorder recorder{TraceSelection({})};
  const TrackId track = recorder.track("top.a", "links");
  recorder.span(track, 10, 20, 1);
  recorder.span(track, 20, 30, 1);
  CHECK_NOTHROW(vcd_of(recorder));
  recorder.span(track, 29, 31, 1);
  CHECK_THROWS_WITH(vcd_of(recorder), Contains("top.a") && Contains("overlap at 29 ps"));
}

TEST_CASE("scopes of dotted paths open and close, more tracks than there are one-letter names") {
  SpanRecorder recorder{TraceSelection({})};
  for (int index = 0; index < 200; ++index) {
    const TrackId track = recorder.track("top.s" + std::to_string(index % 3) + ".t" + std::to_string(index), "links");
    recorder.span(track, index, index + 1 + index % 5, static_cast<std::uint32_t>(index + 1));
  }
  const std::string text = vcd_of(recorder, {"what it is", "of when"});
  CHECK_THAT(text, Contains("$comment what it is $end\n$comment of when $end\n") && Contains("$timescale 1ps $end"));
  std::istringstream stream(text);
  const auto tracks = read_vcd(stream);
  REQUIRE(tracks.size() == 200);
  for (int index = 0; index < 200; ++index) {
    const VcdTrack& track = tracks.at("top.s" + std::to_string(index % 3) + ".t" + std::to_string(index));
    CHECK(track.busy == 1 + index % 5);
    CHECK(track.changes >= 2);
    CHECK(track.busy_of_value.at(static_cast<std::uint32_t>(index + 1)) == 1 + index % 5);
  }
}

TEST_CASE("what a reader of waveforms refuses") {
  const auto read = [](const std::string& text) {
    std::istringstream stream(text);
    return read_vcd(stream);
  };
  const std::string head = "$timescale 1ps $end\n$scope module a $end\n$var reg 32 ! b $end\n$upscope $end\n";
  CHECK(read(head + "#5\nb11 !\n#9\nb0 !\n").at("a.b").busy == 4);
  CHECK(read(head + "#5\nb11 !\n#9\n").at("a.b").busy == 0);  // has no end
  CHECK_THROWS_AS(read(head + "#5\nb1 !\n#4\nb0 !\n"), UsageError);
  CHECK_THROWS_AS(read(head + "#5\nb1 ?\n"), UsageError);
  CHECK_THROWS_AS(read(head + "#5\nbx !\n"), UsageError);
  CHECK_THROWS_AS(read(head + "#\n"), UsageError);
  CHECK_THROWS_AS(read(head + "#5x\n"), UsageError);
  CHECK_THROWS_AS(read("$timescale 1ns $end\n"), UsageError);
  CHECK_THROWS_AS(read("$upscope $end\n"), UsageError);
  CHECK_THROWS_AS(read("$scope module a"), UsageError);
  CHECK_THROWS_AS(read(head + "hello\n"), UsageError);
}

TEST_CASE("a selection: scopes, globs, both, none") {
  TraceSelection all({});
  CHECK((all.keeps("a.b", "links") && all.keeps("c", "pes")));
  TraceSelection some({"phases", "a.*.link"});
  CHECK(some.keeps("x.y", "phases"));
  CHECK_FALSE(some.keeps("a.b.port", "links"));
  CHECK(some.unused() == std::vector<std::string>{"a.*.link"});
  CHECK(some.keeps("a.b.c.link", "links"));
  CHECK(some.unused().empty());
  CHECK_THROWS_WITH(TraceSelection({"phasse"}), Contains("--vcd_scope phasse") && Contains("phases"));
}

TEST_CASE("a trace file: recorder, path, refusal, and a run without one records nothing") {
  const test::ScratchFolder folder;
  TraceFile none("", {});
  CHECK_FALSE(none.recorder().active());
  none.write();
  const auto path = folder.path() / "x.vcd";
  TraceFile file(path, {"links"});
  CHECK(file.recorder().active());
  file.recorder().span(file.recorder().track("a.b", "links"), 3, 8, 2);
  file.write({"note"});
  std::ifstream stream(path);
  CHECK(read_vcd(stream).at("a.b").busy == 5);
  CHECK_THROWS_WITH(TraceFile(folder.path() / "no" / "x.vcd", {}), Contains("cannot be written"));
}
