// Question: do the wafer's edges take the cycles that their words say, at N - 1, N and N + 1?
#include <catch2/catch.hpp>

#include <numeric>

#include "hw/csx/edge_drain.h"
#include "hw/csx/edge_feed.h"

using namespace weft;
using namespace weft::hw;

namespace {

constexpr Rectangle lane{3, 4};

/// Two rows a channel, one word of 32 bits a cycle.
MachineSpec edge_machine(Bytes row_buffer_bytes = 1 << 20) {
  MachineSpec machine;
  machine.fabric = {8, 8, 8, 8};
  machine.router = {24, 1, 2, 4, 6, 6};
  machine.io.rows_per_channel = 2;
  machine.io.channel_bits_per_cycle = 32;
  machine.io.row_buffer_bytes = row_buffer_bytes;
  return machine;
}

/// 7 inputs and the bias on 4 rows: two a row; 3 outputs.
const MatrixLayer layer{"fc", 7, 3, "", 0};

struct Feed {
  explicit Feed(StreamOrder order = {}, MatrixLayer of = layer, RunCycle start = RunCycle(100))
      : machine(edge_machine()),
        layout(machine, {lane, 1, FeatureAxis::rows}),
        map(KernelKind::matmul_forward, of, lane, 6),
        feed(machine, layout, map, order, start, free) {}
  /// Cycles of the launch.
  std::vector<Cycle> arrive(Cycle ready, int rounds) {
    std::vector<Cycle> starts;
    for (const LaunchCycle start : feed.arrive(RunCycle(ready), rounds)) starts.push_back(start.since());
    return starts;
  }
  std::vector<Cycle> free_channels() const {
    std::vector<Cycle> cycles;
    for (const RunCycle at : free) cycles.push_back(at.since());
    return cycles;
  }
  std::vector<std::int32_t> round(const std::vector<Cycle>& starts, int rounds, int index) {
    const std::int32_t* bases = feed.round({{starts.begin(), starts.end()}, -1}, 0, rounds, index);
    return {bases, bases + feed.rows()};
  }
  MachineSpec machine;
  EdgeLayout layout;
  LaunchMap map;
  std::vector<RunCycle> free;
  EdgeFeed feed;
};

using Rows = std::vector<std::int32_t>;
using Starts = std::vector<Cycle>;

}  // namespace

TEST_CASE("feed: a channel begins when its words are there and it is free") {
  // Two halves are a word, a word closes the round: 2 rows x 2 words x 3 rounds = 12 cycles a channel.
  for (const Cycle ready : {111, 112, 113}) {
    Feed edge;
    REQUIRE(edge.feed.channels() == 2);
    REQUIRE(edge.arrive(100, 3) == Starts{0, 0});
    CHECK(edge.free_channels() == std::vector<Cycle>{112, 112});
    const Cycle start = std::max<Cycle>(ready, 112) - 100;
    CHECK(edge.arrive(ready, 1) == Starts{start, start});
    CHECK(edge.free_channels() == std::vector<Cycle>{100 + start + 4, 100 + start + 4});
  }
}

TEST_CASE("feed: words that all wait before the launch have one start, those that do not have their own") {
  // 12 words and the farthest row's way of 1: at -14 and earlier none is still on its way at the launch.
  for (const Cycle ready : {85, 86, 87}) {
    Feed edge;
    CHECK(edge.arrive(ready, 3).front() == std::max<Cycle>(ready - 100, -14));
  }
}

TEST_CASE("feed: row by row in each round, or in blocks of rounds, or by element") {
  Feed by_round;
  const Starts starts = by_round.arrive(100, 3);
  CHECK(by_round.round(starts, 3, 0) == Rows{0, 3, 0, 3});  // row 1: two words later, and a hop
  CHECK(by_round.round(starts, 3, 1) == Rows{4, 7, 4, 7});
  CHECK(by_round.round(starts, 3, 2) == Rows{8, 11, 8, 11});

  Feed blocks({false, 2});
  blocks.arrive(100, 3);
  CHECK(blocks.round(starts, 3, 0) == Rows{0, 5, 0, 5});
  CHECK(blocks.round(starts, 3, 1) == Rows{2, 7, 2, 7});
  CHECK(blocks.round(starts, 3, 2) == Rows{8, 11, 8, 11});  // the last block is shorter

  Feed by_element({true, 1});
  by_element.arrive(100, 3);
  CHECK(by_element.round(starts, 3, 0) == Rows{0, 7, 0, 7});
  CHECK(by_element.round(starts, 3, 1) == Rows{2, 9, 2, 9});
  CHECK(by_element.round(starts, 3, 2) == Rows{4, 11, 4, 11});
}

TEST_CASE("feed: an odd half takes a word of its own") {
  // 8 inputs and the bias on 4 rows: three halves in the last row.
  Feed edge({}, {"fc", 8, 3, "", 0});
  const Starts starts = edge.arrive(100, 1);
  CHECK(edge.free_channels() == std::vector<Cycle>{104, 105});
  CHECK(edge.round(starts, 1, 0) == Rows{0, 3, 0, 3});
}

TEST_CASE("feed: what came before the launch is there at its begin") {
  Feed edge;
  const Starts starts = edge.arrive(96, 3);
  CHECK(starts == Starts{-4, -4});
  CHECK(edge.round(starts, 3, 0) == Rows{-1, -1, -1, -1});
  CHECK(edge.round(starts, 3, 1) == Rows{0, 3, 0, 3});
}

TEST_CASE("feed: a place that was kept gives the same rounds again") {
  Feed edge({false, 2});
  const Starts starts = edge.arrive(100, 3);
  edge.round(starts, 3, 0);
  const EdgeFeed::Place place = edge.feed.place();
  const Rows one = edge.round(starts, 3, 1), two = edge.round(starts, 3, 2);
  edge.feed.go_back(place);
  CHECK(edge.round(starts, 3, 1) == one);
  CHECK(edge.round(starts, 3, 2) == two);
}

TEST_CASE("drain: a channel takes a word a cycle, row by row, when the last has come") {
  const MachineSpec machine = edge_machine();
  const EdgeLayout layout(machine, {lane, 1, FeatureAxis::rows});
  const LaunchMap map(KernelKind::matmul_gradient, layer, lane, 6);  // two sums a row and round
  EdgeDrain drain(machine, layout, map, {0, 0});
  // Issue 10, a cycle on the core, ramp 2, hop 1; the second row of a channel is a hop further, its words come behind.
  drain.round([](int) { return 10; });
  CHECK(drain.channels() == std::vector<std::int32_t>{17, 17});
  CHECK(drain.done() == EngineCycle(17));
  // Busy until 17: row 0 has left at 19, row 1 at 21, unless its last word comes later (issue 16: 21 + 1).
  drain.round([](int position) { return position == 1 ? 15 : 10; });
  CHECK(drain.channels() == std::vector<std::int32_t>{21, 21});
  EdgeDrain late(machine, layout, map, {0, 0});
  late.round([](int) { return 10; });
  late.round([](int position) { return position == 1 ? 16 : position == 3 ? 17 : 10; });
  CHECK(late.channels() == std::vector<std::int32_t>{22, 23});
  CHECK(late.done() == EngineCycle(23));
}

TEST_CASE("drain: a narrow channel takes more cycles for a word, a wide one packs them") {
  // Two sums of 32 bits a row, two rows a channel.
  for (const auto [bits, cycles_of_row] : {std::pair{16, 4}, {32, 2}, {48, 2}, {64, 1}, {96, 1}}) {
    MachineSpec machine = edge_machine();
    machine.io.channel_bits_per_cycle = bits;
    const EdgeLayout layout(machine, {lane, 1, FeatureAxis::rows});
    const LaunchMap map(KernelKind::matmul_gradient, layer, lane, 6);
    EdgeDrain drain(machine, layout, map, {100, 100});  // busy for so long that all words are there
    drain.round([](int) { return 10; });
    CHECK(drain.channels() == std::vector<std::int32_t>(2, 100 + 2 * cycles_of_row));
  }
}

TEST_CASE("drain: words of an earlier launch go first") {
  const MachineSpec machine = edge_machine();
  const EdgeLayout layout(machine, {lane, 1, FeatureAxis::rows});
  const LaunchMap map(KernelKind::matmul_gradient, layer, lane, 6);
  for (const std::int32_t busy : {12, 13, 14}) {
    EdgeDrain drain(machine, layout, map, {busy, 0});
    drain.round(
        [](int) { return 10; });  // two words would end at 15 at the earliest, the second row's two cycles later
    CHECK(drain.channels() == std::vector<std::int32_t>{std::max(busy + 4, 17), 17});
  }
}

TEST_CASE("drain: a row begins a round when its buffer has room for all of it") {
  // Two words a round. Three bytes are no word more.
  for (const Bytes bytes : {12, 15, 16, 20, 23, 24, 28}) {
    const auto rounds_held = static_cast<int>(bytes / 4 / 2);
    const MachineSpec machine = edge_machine(bytes);
    const EdgeLayout layout(machine, {lane, 1, FeatureAxis::rows});
    const LaunchMap map(KernelKind::matmul_gradient, {"fc", 7, 9, "", 0}, lane, 6);
    EdgeDrain drain(machine, layout, map, {0, 0});
    std::vector<std::int32_t> taken;  // of row 0
    for (int round = 0; round < 8; ++round) {
      // Round r waits for the round that is so many before it to have left.
      const std::int32_t expected = round < rounds_held ? 0 : taken[static_cast<std::size_t>(round - rounds_held)];
      CHECK(drain.room()[0] == expected);
      drain.round([&](int) { return 100 * round + 10; });
      taken.push_back(100 * round + 15);
    }
  }
}
