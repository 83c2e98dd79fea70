// Question: do the recurrences of StreamReduce give the cycles that the microarchitecture says, at the gate itself?
#include <catch2/catch.hpp>
#include <memory>

#include "hw/fast_forward/steady_runs.h"

using namespace weft;
using namespace weft::hw;

namespace {

MachineSpec machine_with(int link_queue, int input_queue) {
  MachineSpec machine;
  machine.router = {24, 1, 2, link_queue, input_queue, 6};
  machine.pe.vector_issue_cycles = 1;
  machine.pe.vector_fill_cycles = 6;
  machine.pe.scalar_cycles = 1;
  machine.pe.control_cycles = 1;
  machine.pe.task_dispatch_cycles = 4;
  return machine;
}

StreamReduceShape shape_of(int lines, int positions, int wavelets, int elements) {
  StreamReduceShape shape;
  shape.lines = shape.chain = lines;
  shape.positions = positions;
  shape.wavelets.assign(static_cast<std::size_t>(lines), wavelets);
  shape.elements.assign(static_cast<std::size_t>(positions), elements);
  shape.lanes = 2;
  return shape;
}

void run_rounds(StreamReduce& engine, int rounds, const std::vector<std::int32_t>& edge, int owner) {
  for (int round = 0; round < rounds; ++round) {
    StreamReduce::Source source;
    source.edge = edge.data();
    engine.stream(source, nullptr, owner);
    engine.reduce(0, engine.sizes().max_elements(), owner);
    engine.close_reduction(false);
  }
}

}  // namespace

TEST_CASE("one PE, one weight, one token: every cycle by hand") {
  StreamReduce engine(FabricTiming(machine_with(4, 6)), shape_of(1, 1, 1, 1));
  run_rounds(engine, 1, {-1}, 0);
  // Wavelet enters at 0, router 1, core 3; dispatch ends at 4: AXPY 4..6, control 6..7, its accumulator is ready at 10:
  // sum issues at 10, element at 11, loop branch 12..13. The PE owns the sum, so it stays in its memory.
  const PeTimes pe = engine.pe(0, 0);
  REQUIRE(pe.main_end == EngineCycle(13));
  REQUIRE(pe.stall == 3);
  REQUIRE(pe.wait_stream == 0);
  REQUIRE(pe.received == 0);
  REQUIRE(engine.end() == EngineCycle(13));
}

TEST_CASE("a weight that is late by one cycle delays the core by one cycle, and one in time does not") {
  // The second AXPY may issue at 4 + max(length, fill) = 10; its wavelet is at the core 4 cycles after edge base 1 +
  // base.
  for (int base = 0; base <= 12; ++base) {
    StreamReduce engine(FabricTiming(machine_with(4, 6)), shape_of(1, 1, 1, 1));
    run_rounds(engine, 1, {base}, 0);
    const int arrival = base + 1 + 1 + 2, issue = std::max(4, arrival);
    CHECK(engine.pe(0, 0).wait_stream == issue - 4);
    CHECK(engine.pe(0, 0).main_end == EngineCycle(issue + 9));
  }
}

TEST_CASE("a chain step from issue to issue is 2 ramp + hop + 1 cycles") {
  StreamReduce two(FabricTiming(machine_with(4, 6)), shape_of(2, 1, 1, 1));
  run_rounds(two, 1, {-1, -1}, 0);
  REQUIRE(two.pe(1, 0).main_end == EngineCycle(13));  // foot of the chain: does not wait
  REQUIRE(two.pe(0, 0).wait_partial_sum == 6);        // its sum could issue at 11, the partial sum is there at 17
  REQUIRE(two.pe(0, 0).main_end == EngineCycle(13 + 6));
}

TEST_CASE("full rate needs input_queue >= 2 ramp and link_queue >= 2: at the gate and one below") {
  // 40 elements down a chain whose second PE is ready: with room enough one element a cycle.
  const auto end = [](int link, int input) {
    StreamReduce engine(FabricTiming(machine_with(link, input)), shape_of(2, 1, 1, 40));
    run_rounds(engine, 1, {-1, -1}, -1);
    return engine.pe(0, 0).main_end;
  };
  REQUIRE(end(2, 4) == end(4, 6));
  REQUIRE(end(2, 3) > end(2, 4));
  REQUIRE(end(1, 4) > end(2, 4));
}

TEST_CASE("a wavelet leaves the router when the core's queue has room for it, and not a cycle before") {
  for (const int depth : {6, 7}) {
    StreamReduce engine(FabricTiming(machine_with(4, depth)), shape_of(1, 1, 9, 20));
    const std::vector<std::int32_t> edge = {-1};
    StreamReduce::Source source;
    source.edge = edge.data();
    engine.stream(source);
    // Wavelet k is at the router in cycle k + 1. The core takes the first one at 4 and the second 11 cycles later.
    REQUIRE(engine.departure(1, 0, depth) == depth + 1);
    REQUIRE(engine.departure(1, 0, depth + 1) == 4 + 11 + 2);
  }
}

TEST_CASE("a multicast moves at the pace of its slowest taker") {
  // Position 1 has 40 times the work; position 0 gets its last weight only when there is room behind it.
  StreamReduceShape shape = shape_of(1, 2, 30, 2);
  shape.elements = {80, 2};
  StreamReduce slow_first(FabricTiming(machine_with(2, 4)), shape);
  run_rounds(slow_first, 1, {-1}, -1);
  REQUIRE(slow_first.pe(0, 1).wait_stream > 29 * (41 - 6) - 10 * 41);
  // What it waits for is the slow one: both take the closing control wavelet within the queues' depth of each other.
  REQUIRE(slow_first.pe(0, 0).wait_stream == 0);
}

TEST_CASE("a receiver takes exactly one cycle per element from a busy core") {
  // A single PE that owns its sums and never waits: long vectors leave no idle cycle.
  const auto end = [](int count) {
    StreamReduce engine(FabricTiming(machine_with(4, 6)), shape_of(1, 1, 4, 40));
    for (int element = 0; element < count; ++element) {
      const std::int32_t arrival = 20 + 2 * element;
      engine.receive(0, &arrival, 0, 1);
    }
    run_rounds(engine, 3, {-1}, -1);
    return engine.pe(0, 0);
  };
  const PeTimes without = end(0), with = end(3 * 40);
  REQUIRE(without.stall + without.wait_stream + without.blocked == 0);
  REQUIRE(with.received == 3 * 40);
  REQUIRE(with.main_end == without.main_end + 3 * 40 - with.received_late);
}

TEST_CASE("time classes of every PE add up to its time, whatever the shape") {
  for (int wavelets : {0, 1, 5, 24})
    for (int elements : {1, 7, 33})
      for (int lines : {1, 3, 9}) {
        StreamReduce engine(FabricTiming(machine_with(3, 5)), shape_of(lines, 4, wavelets, elements));
        std::vector<std::int32_t> edge(static_cast<std::size_t>(lines), 5);
        run_rounds(engine, 4, edge, lines / 2);
        for (int line = 0; line < lines; ++line)
          for (int position = 0; position < 4; ++position) {
            const PeTimes pe = engine.pe(line, position);
            const Cycle own = 4 + 4 * (wavelets * (1 + (elements + 1) / 2) + 1 + 1 + elements + 1);
            REQUIRE(own + pe.stall + pe.wait_stream + pe.wait_partial_sum + pe.blocked + pe.received -
                        pe.received_late ==
                    pe.main_end.since());
          }
      }
}

TEST_CASE("steady runs inside a round are added to the last digit") {
  // Long rounds (a run of wavelets), short and long vectors, owners everywhere, stalls of the edge.
  struct Shape {
    int lines, positions, wavelets, elements;
  };
  for (const Shape& s :
       {Shape{1, 3, 90, 5}, Shape{3, 4, 50, 100}, Shape{5, 6, 70, 75}, Shape{2, 70, 40, 33}, Shape{6, 2, 60, 200}})
    for (const bool from_edge : {true, false})
      for (const int late : {0, 3, 400}) {
        std::int64_t wavelets_added = 0;
        const auto run = [&](bool add_runs) {
          StreamReduceShape shape = shape_of(s.lines, s.positions, s.wavelets, s.elements);
          if (s.positions > 2) shape.elements.back() = s.elements - 1;
          auto engine = std::make_unique<StreamReduce>(FabricTiming(machine_with(4, 6)), shape);
          std::vector<std::int32_t> edge(static_cast<std::size_t>(s.lines), -1);
          for (int round = 0; round < 9; ++round) {
            for (std::int32_t& time : edge) time += late * (round % 3);
            StreamReduce::Source source;
            if (from_edge) {
              source.edge = edge.data();
            } else {
              source.owner = round * s.positions / 9;
            }
            const int owner = from_edge ? round * s.lines / 9 : -1;
            if (add_runs) {
              wavelets_added += stream_in_runs(*engine, source, nullptr, owner);
            } else {
              engine->stream(source, nullptr, owner);
            }
            engine->reduce(0, engine->sizes().max_elements(), owner);
            engine->close_reduction(from_edge && round % 2 == 1);
          }
          return engine;
        };
        const auto added = run(true), simulated = run(false);
        INFO(s.lines << ' ' << s.positions << ' ' << s.wavelets << ' ' << s.elements << " late " << late);
        CHECK(wavelets_added > 0);
        CHECK(added->end() == simulated->end());
        for (int line = 0; line < s.lines; ++line)
          for (int position = 0; position < s.positions; ++position) {
            const PeTimes a = added->pe(line, position), b = simulated->pe(line, position);
            CHECK(a.end == b.end);
            CHECK(a.main_end == b.main_end);
            CHECK(a.wait_stream == b.wait_stream);
            CHECK(a.wait_partial_sum == b.wait_partial_sum);
            CHECK(a.blocked == b.blocked);
            CHECK(a.stall == b.stall);
            CHECK(a.received == b.received);
            CHECK(a.received_late == b.received_late);
          }
      }
}
