// Question: does a trace hold each span as it was, in bounds, and is a wrong one refused? (waveform_test.cpp: files)
#include <catch2/catch.hpp>

#include <limits>
#include <sstream>

#include "tlm/base/error.h"
#include "tlm/trace/span_recorder.h"
#include "tlm/trace/vcd_reader.h"
#include "tlm/trace/vcd_writer.h"

using namespace weft;
using namespace weft::proto;
using Catch::Contains;

namespace {

struct Text final : ByteSink {
  std::string text;
  void write(std::string_view bytes) override { text += bytes; }
  void flush() override {}
  void close() override {}
};

struct Trace {
  Text bytes;
  VcdWriter vcd{bytes, {}};
  SpanRecorder recorder;
  explicit Trace(const std::vector<std::string>& selection = {}, std::size_t limit = 1000)
      : recorder(TraceSelection(selection), vcd, limit) {}
  TrackId numbers(const std::string& path) { return recorder.track(path, "links", TrackValues::numbers); }
  /// What stands behind the initial values, of a trace that has ended.
  std::string changes() {
    recorder.finish();
    const std::string end = "$end\n";
    return bytes.text.substr(bytes.text.rfind(end) + end.size());
  }
};

}  // namespace

TEST_CASE("a recorder keeps what is selected, as it was") {
  Trace trace({"links"});
  CHECK(trace.recorder.active());
  const TrackId link = trace.numbers("a.link");
  CHECK(trace.recorder.track("a.phase", "phases", TrackValues::names) == -1);
  trace.recorder.begin();
  trace.recorder.span(link, 5, 9, 3);
  trace.recorder.span(-1, 5, 9, 3);
  trace.recorder.span(link, 9, 9, 3);  // of no length
  trace.recorder.span(link, 12, 11, 3);
  CHECK(trace.changes() == "#5\nb11 !\n#9\nb0 !\n");
  CHECK(trace.recorder.tracks().size() == 1);
}

TEST_CASE("at its limit, not one before, a recorder drops, and is complete until the first begin that it dropped") {
  Trace trace({}, 3);
  const TrackId track = trace.numbers("a.b");
  trace.recorder.begin();
  for (Picosecond at : {10, 20, 30}) trace.recorder.span(track, at, at + 5, 1);
  CHECK(trace.recorder.dropped() == 0);
  trace.recorder.span(track, 70, 71, 1);
  CHECK((trace.recorder.dropped() == 1 && trace.recorder.complete_until() == 70));
  trace.recorder.span(track, 50, 60, 1);  // of several tracks spans come in any order
  trace.recorder.span(track, 90, 95, 1);
  CHECK((trace.recorder.dropped() == 3 && trace.recorder.complete_until() == 50));
}

TEST_CASE("what is settled makes room again") {
  Trace trace({}, 3);
  const TrackId track = trace.numbers("a.b");
  const int source = trace.recorder.source();
  trace.recorder.begin();
  for (Picosecond at = 0; at < 100; at += 10) {
    trace.recorder.span(track, at, at + 5, 1);
    trace.recorder.settled(source, at + 5);
  }
  CHECK(trace.recorder.dropped() == 0);
}

TEST_CASE("each change of a waveform: begin, value, end, in the order of time") {
  Trace trace;
  const TrackId a = trace.numbers("top.a"), b = trace.numbers("top.b");
  trace.recorder.begin();
  trace.recorder.span(b, 40, 50, 6);
  trace.recorder.span(a, 10, 20, 1);
  trace.recorder.span(a, 20, 30, 5);  // goes on: no way by 0
  trace.recorder.span(a, 31, 33, 5);
  CHECK(trace.changes() == "#10\nb1 !\n#20\nb101 !\n#30\nb0 !\n#31\nb101 !\n#33\nb0 !\n#40\nb110 \"\n#50\nb0 \"\n");
}

TEST_CASE("a span at time 0, and one that ends where another track's begins") {
  Trace trace;
  const TrackId a = trace.numbers("top.a"), b = trace.numbers("top.b");
  trace.recorder.begin();
  trace.recorder.span(a, 0, 7, 1);
  trace.recorder.span(b, 7, 9, std::numeric_limits<std::uint64_t>::max());
  CHECK(trace.changes() == "b1 !\n#7\nb" + std::string(64, '1') + " \"\nb0 !\n#9\nb0 \"\n");
}

TEST_CASE("overlapping spans of one track are refused, at the gate they are not") {
  Trace trace;
  const TrackId track = trace.numbers("top.a");
  const int source = trace.recorder.source();
  trace.recorder.begin();
  trace.recorder.span(track, 10, 20, 1);
  trace.recorder.span(track, 20, 30, 1);
  CHECK_NOTHROW(trace.recorder.settled(source, 25));
  trace.recorder.span(track, 29, 31, 1);
  CHECK_THROWS_WITH(trace.recorder.settled(source, 40), Contains("top.a") && Contains("overlap at 29 ps"));
}

TEST_CASE("scopes of dotted paths open and close, more tracks than there are one-letter names") {
  Trace trace;
  for (int index = 0; index < 200; ++index)
    CHECK(trace.numbers("top.s" + std::to_string(index % 3) + ".t" + std::to_string(index)) == index);
  trace.recorder.begin();
  for (int index = 0; index < 200; ++index)
    trace.recorder.span(index, index, index + 1 + index % 5, static_cast<std::uint64_t>(index + 1));
  trace.recorder.finish();
  std::istringstream stream(trace.bytes.text);
  const auto tracks = read_vcd(stream);
  REQUIRE(tracks.size() == 200);
  for (int index = 0; index < 200; ++index) {
    const VcdTrack& track = tracks.at("top.s" + std::to_string(index % 3) + ".t" + std::to_string(index));
    CHECK(track.busy == 1 + index % 5);
    CHECK(track.changes >= 2);
    CHECK(track.busy_of_value.at(std::to_string(index + 1)) == 1 + index % 5);
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
  for (const char* version : {"weft", "weft weft-trace-1", "weft weft-trace-2", "another program 7"})
    CHECK(read("$version " + (version + (" $end\n" + head)) + "#5\nb11 !\n#9\nb0 !\n").at("a.b").busy == 4);
  CHECK_THROWS_WITH(read("$version weft weft-trace-0 $end\n" + head),
                    Contains("weft-trace-0") && Contains("weft-trace-1 to weft-trace-2") && Contains("that wrote"));
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
  CHECK_NOTHROW(all.require_used());
  TraceSelection some({"phases", "a.*.link"});
  CHECK(some.keeps("x.y", "phases"));
  CHECK_FALSE(some.keeps("a.b.port", "links"));
  CHECK_THROWS_WITH(some.require_used(), Contains("a.*.link"));
  CHECK(some.keeps("a.b.c.link", "links"));
  CHECK_NOTHROW(some.require_used());
  CHECK_THROWS_WITH(TraceSelection({"phasse"}), Contains("--vcd_scope phasse") && Contains("phases"));
}
