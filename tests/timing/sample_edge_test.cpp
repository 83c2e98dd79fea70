// Question: do samples take the cycles that the edge's channels and buffer say, at N - 1, N and N + 1?
#include <catch2/catch.hpp>

#include "hw/fabric/local_times.h"

using namespace weft;
using namespace weft::hw;

namespace {

constexpr Rectangle lane{4, 4};
constexpr int features = 8, outputs = 4, tokens = 8;
constexpr Cycle long_before = -1'000'000;

/// One channel for all four rows. A PE gets two features of two tokens, two words; two labels, one word; a control
/// wavelet: 4 words, a row 16, the channel 64.
MachineSpec one_channel(int channel_bits, Bytes edge_buffer_bytes = 1 << 20) {
  MachineSpec machine;
  machine.fabric = {8, 8, 8, 8};
  machine.router.hop_cycles = 1;
  machine.router.ramp_cycles = 2;
  machine.router.link_queue = machine.router.input_queue = machine.router.output_queue = 8;
  machine.pe.task_dispatch_cycles = 1;
  machine.io.rows_per_channel = 4;
  machine.io.channel_bits_per_cycle = channel_bits;
  machine.io.edge_buffer_bytes = edge_buffer_bytes;
  return machine;
}

Cycle end_of(const MachineSpec& machine, Cycle arrived, int lanes = 1) {
  const EdgeLayout layout(machine, {lane});
  const LaunchCycle ready = samples_ready(machine, layout, lane.height, lanes, LaunchCycle(arrived));
  return load_times(machine, layout, {features, outputs}, lane, tokens, ready).end.since();
}

std::vector<std::int32_t> starts_of(int channel_bits) {
  const MachineSpec machine = one_channel(channel_bits);
  return load_starts(machine, EdgeLayout(machine, {lane}), {features, outputs}, lane, tokens, {});
}

}  // namespace

TEST_CASE("samples that come with the launch take the channel's cycles") {
  // The last row's words follow those of three rows, 48, and its way of 3 hops; its last one, 16 later, goes 4 hops to
  // the last PE and a ramp of 2.
  CHECK(end_of(one_channel(32), 0) == 48 + 3 + 16 + 4 + 2);
  CHECK(end_of(one_channel(32), 10) == 48 + 3 + 16 + 4 + 2 + 10);
}

TEST_CASE("what waits at the edge before the launch is what its buffer holds") {
  // With 52 words passed before the launch nobody waits for the channel: 16 words from cycle 0 on, then 4 hops and 2.
  constexpr Cycle free = -1 + 16 + 4 + 2;
  constexpr Bytes word = 4;
  CHECK(end_of(one_channel(32, 53 * word), long_before) == free);
  CHECK(end_of(one_channel(32, 52 * word), long_before) == free);
  CHECK(end_of(one_channel(32, 51 * word), long_before) == free + 1);
  CHECK(end_of(one_channel(32, 11 * word), long_before) == free + 41);
  // Two lanes have half of it each.
  CHECK(end_of(one_channel(32, 104 * word), long_before, 2) == free);
  CHECK(end_of(one_channel(32, 102 * word), long_before, 2) == free + 1);
  // They came later than the buffer would have let them.
  CHECK(end_of(one_channel(32, 1000 * word), -51) == free + 1);
}

TEST_CASE("no row has its words before a narrow channel has given them, a wide one is free sooner") {
  CHECK(starts_of(32) == std::vector<std::int32_t>{0, 17, 34, 51});
  // Two cycles a word: the row's last of 16 at cycle 32 of its turn, so its first at 17.
  CHECK(starts_of(16) == std::vector<std::int32_t>{16, 32 + 16 + 1, 64 + 16 + 2, 96 + 16 + 3});
  CHECK(starts_of(64) == std::vector<std::int32_t>{0, 8 + 1, 16 + 2, 24 + 3});
}
