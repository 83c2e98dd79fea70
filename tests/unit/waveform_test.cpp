// Question: does a trace hold what was told, in the order of time, as soon as it is settled; and does its save file
// fit?
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>

#include "tests/support/scratch_folder.h"
#include "tlm/base/error.h"
#include "tlm/trace/gtkw_file.h"
#include "tlm/trace/trace_file.h"
#include "tlm/trace/vcd_reader.h"

using namespace weft;
using namespace weft::proto;

namespace {

struct Bytes final : ByteSink {
  std::string text;
  int flushes = 0;
  void write(std::string_view bytes) override { text += bytes; }
  void flush() override { ++flushes; }
  void close() override {}
};

struct Trace {
  Bytes bytes;
  VcdWriter vcd{bytes, {"a comment"}};
  SpanRecorder spans;
  explicit Trace(const std::vector<std::string>& selection = {}, std::size_t limit = 1000)
      : spans(TraceSelection(selection), vcd, limit) {}
  std::map<std::string, VcdTrack> read() const {
    std::istringstream stream(bytes.text);
    return read_vcd(stream);
  }
};

std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

TEST_CASE("the bytes of a small trace") {
  Trace trace;
  const TrackId kernel = trace.spans.track("c.phase", "phases", TrackValues::names);
  const TrackId cycle = trace.spans.track("c.cycle", "phases", TrackValues::numbers);
  trace.spans.begin();
  trace.spans.span(kernel, 30, 40, trace.spans.name("fc2 forward"));
  trace.spans.span(kernel, 10, 30, trace.spans.name("fc1"));
  trace.spans.span(cycle, 10, 40, 5);
  trace.spans.finish();
  CHECK(trace.bytes.text ==
        "$version weft weft-trace-2 $end\n$timescale 1ps $end\n$comment a comment $end\n"
        "$scope module c $end\n$var integer 64 \" cycle $end\n$var string 1 ! phase $end\n$upscope $end\n"
        "$enddefinitions $end\n#0\n$dumpvars\ns !\nb0 \"\n$end\n"
        "#10\nsfc1 !\nb101 \"\n#30\nsfc2_forward !\n#40\ns !\nb0 \"\n");
}

TEST_CASE("spans told in any order of tracks, settled in pieces, say the same as in one piece") {
  std::mt19937 random(7);
  const auto any = [&random](int low, int high) { return std::uniform_int_distribution(low, high)(random); };
  Trace whole, pieces;
  for (Trace* trace : {&whole, &pieces}) {
    for (int track = 0; track < 5; ++track) trace->spans.track(fmt::format("t{}", track), "links", TrackValues::names);
    CHECK(trace->spans.source() == 0);
    CHECK(trace->spans.source() == 1);
    trace->spans.begin();
  }
  std::vector<Picosecond> free(5, 1);
  std::vector<Picosecond> busy(5, 0);
  const auto settled_at_end = [&] { return *std::min_element(free.begin(), free.end()); };
  for (int told = 0; told < 400; ++told) {
    const int track = any(0, 4);
    const auto at = static_cast<std::size_t>(track);
    const Picosecond begin = free[at] + any(0, 2) * any(0, 50), end = begin + any(1, 40);
    free[at] = end;
    busy[at] += end - begin;
    for (Trace* trace : {&whole, &pieces})
      trace->spans.span(track, begin, end, trace->spans.name(fmt::format("v{}", told % 3)));
    pieces.spans.settled(0, settled_at_end());
    if (told % 7 == 0) pieces.spans.settled(1, settled_at_end() - 1);
  }
  whole.spans.finish();
  pieces.spans.finish();
  CHECK(pieces.spans.late() == 0);
  CHECK(pieces.bytes.flushes > 10);
  const auto tracks = whole.read(), in_pieces = pieces.read();
  for (int track = 0; track < 5; ++track) {
    const std::string name = fmt::format("t{}", track);
    CHECK(tracks.at(name).busy == busy[static_cast<std::size_t>(track)]);
    CHECK(in_pieces.at(name).busy == tracks.at(name).busy);
    CHECK(in_pieces.at(name).busy_of_value == tracks.at(name).busy_of_value);
    CHECK(in_pieces.at(name).changes == tracks.at(name).changes);
  }
}

TEST_CASE("what is settled is there before the end, and what comes late is cut and counted") {
  Trace trace;
  const TrackId track = trace.spans.track("a", "links", TrackValues::names);
  const int source = trace.spans.source(), other = trace.spans.source();
  trace.spans.begin();
  trace.spans.span(track, 100, 250, trace.spans.name("x"));
  trace.spans.settled(source, 300);
  CHECK(trace.read().at("a").changes == 1);  // the idle of the header: the other source has promised nothing
  trace.spans.settled(other, 200);
  CHECK(trace.read().at("a").changes == 2);
  trace.spans.settled(other, 400);
  CHECK(trace.read().at("a").busy == 150);
  trace.spans.span(track, 290, 310, trace.spans.name("y"));
  trace.spans.finish();
  CHECK(trace.spans.late() == 1);
  CHECK(trace.read().at("a").busy == 150 + 10);
}

TEST_CASE("spans of one track that overlap, a path declared twice, a declaration too late") {
  Trace trace;
  const TrackId track = trace.spans.track("a", "links", TrackValues::numbers);
  CHECK_THROWS_AS(trace.spans.track("a", "links", TrackValues::numbers), SimulationError);
  trace.spans.begin();
  CHECK_THROWS_AS(trace.spans.track("b", "links", TrackValues::numbers), SimulationError);
  trace.spans.span(track, 0, 10, 1);
  trace.spans.span(track, 9, 12, 2);
  CHECK_THROWS_WITH(trace.spans.finish(), Catch::Contains("overlap at 9 ps"));
}

TEST_CASE("past the limit spans are dropped and counted") {
  Trace trace({}, 2);
  const TrackId track = trace.spans.track("a", "links", TrackValues::numbers);
  trace.spans.begin();
  for (int at = 0; at < 5; ++at) trace.spans.span(track, 10 * at, 10 * at + 5, 1);
  CHECK(trace.spans.dropped() == 3);
  CHECK(trace.spans.complete_until() == 20);
  trace.spans.finish();
  CHECK(trace.read().at("a").busy == 10);
}

TEST_CASE("a selection keeps scopes and globs, and what fits nothing is refused with the nearest path") {
  Trace trace({"phases", "cluster.memoryx.*"});
  CHECK(trace.spans.track("cluster.system0.phase", "phases", TrackValues::names) == 0);
  CHECK(trace.spans.track("cluster.memoryx.lane0", "links", TrackValues::names) == 1);
  CHECK(trace.spans.track("cluster.swarmx.up", "links", TrackValues::names) == -1);
  CHECK_NOTHROW(trace.spans.begin());
  Trace wrong({"pes", "cluster.memoryx.lame0", "zzzzzzzzzzzzzzzz.*"});
  wrong.spans.track("cluster.memoryx.lane0", "links", TrackValues::names);
  CHECK_THROWS_WITH(wrong.spans.begin(), Catch::Contains("pes: this run has no such tracks") &&
                                             Catch::Contains("is near 'cluster.memoryx.lane0'") &&
                                             Catch::Contains("zzz.*: fits no track"));
  CHECK_THROWS_AS(TraceSelection({"phase"}), UsageError);
}

TEST_CASE("a file is what its ending says, and wrong paths are refused and nothing is left") {
  const weft::test::ScratchFolder scratch;
  const std::filesystem::path folder = scratch.path();
  const auto write = [&](const std::string& name) {
    TraceFile file(folder / name, {}, {"units"});
    const TrackId track = file.recorder().track("cluster.system0.phase", "phases", TrackValues::names);
    file.begin();
    CHECK(file.begun());
    file.recorder().span(track, 5, 1'000'000, file.recorder().name("fc1"));
    file.finish();
  };
  write("a.vcd");
  write("a2.vcd.gz");
  const std::string plain = text_of(folder / "a.vcd"), packed = text_of(folder / "a2.vcd.gz");
  CHECK(plain.rfind("$version weft", 0) == 0);
  CHECK(packed.substr(0, 2) == "\x1f\x8b");
  CHECK(std::system(fmt::format("gzip -dc '{0}/a2.vcd.gz' | cmp - '{0}/a.vcd'", folder.string()).c_str()) == 0);
  CHECK_THROWS_WITH(TraceFile(folder / "a.fsdb", {}), Catch::Contains(".vcd.gz or .fst"));
  CHECK_THROWS_WITH(TraceFile(folder, {}), Catch::Contains("a folder"));
  CHECK_THROWS_AS(TraceFile(folder / "no" / "a.vcd", {}), UsageError);
  REQUIRE(std::system(fmt::format("mkfifo '{}/pipe'", folder.string()).c_str()) == 0);
  CHECK_THROWS_WITH(TraceFile(folder / "pipe", {}), Catch::Contains("nobody reads"));
  {
    TraceFile refused(folder / "b.vcd", {"cluster.none.*"});
    CHECK_FALSE(refused.begun());
    CHECK_THROWS_AS(refused.begin(), UsageError);
    CHECK_FALSE(refused.begun());
  }
  CHECK_FALSE(std::filesystem::exists(folder / "b.vcd"));
  {
    TraceFile refused(folder / "a.vcd", {"cluster.none.*"});
    CHECK_THROWS_AS(refused.begin(), UsageError);
  }
  CHECK(text_of(folder / "a.vcd") == plain);
}

TEST_CASE("the save file opens the whole run: names, numbers and groups") {
  const std::vector<Track> tracks = {{"cluster.system0.phase", "phases", TrackValues::names},
                                     {"cluster.system0.step", "phases", TrackValues::numbers},
                                     {"cluster.memoryx.lane0", "links", TrackValues::names}};
  const std::string text = gtkw_text("runs/run.vcd.gz", tracks, 1'024'000 * 5, {"clock 850 MHz"});
  CHECK(gtkw_path("runs/run.vcd.gz") == "runs/run.gtkw");
  CHECK_THAT(text, Catch::Contains("[dumpfile] \"run.vcd.gz\"\n"));
  CHECK_THAT(text, Catch::Contains("\n-clock 850 MHz\n"));
  CHECK_THAT(text, Catch::Contains("+{system0 phase} cluster.system0.phase\n"));
  CHECK_THAT(text, Catch::Contains("+{system0 step} cluster.system0.step\n"));
  // 5 frames of 200 pixels for all of it: 1,024,000 ps = 2^19.9658 each.
  CHECK_THAT(text, Catch::Contains("\n*-19.9658 0 "));
}
