#include "sw/compiler/prediction.h"

#include <algorithm>
#include <cmath>

#include "hw/fabric/fabric_timing.h"
#include "hw/fabric/local_times.h"
#include "hw/pe/cost.h"

namespace weft::sw {

using hw::FabricTiming;
using hw::KernelKind;
using hw::LaunchMap;
using hw::MachineSpec;

namespace {

/// A PE's instructions of one round: `wavelets` AXPYs of `elements`, the control wavelet, the sum and the loop.
struct Round {
  Cycle length;   ///< with the waits for the accumulators
  Cycle idle;     ///< of it, waits that a receiver can use
};

Round round_of(const FabricTiming& timing, int lanes, const LaunchMap& map, int wavelets, int elements) {
  const Cycle axpy = timing.issue + ceil_div(elements, lanes);
  const Cycle sum = map.reduces ? timing.issue + elements + timing.scalar : timing.scalar;
  const Cycle busy = wavelets * axpy + timing.control + sum;
  if (wavelets == 0) return {std::max<Cycle>(busy, map.reduces ? timing.control + std::max<Cycle>(sum, timing.fill) : busy), 0};
  const Cycle tail = map.reduces ? std::max<Cycle>(axpy + timing.control, timing.fill) + std::max<Cycle>(sum, timing.fill)
                                 : std::max<Cycle>(axpy + timing.control + sum, timing.fill);
  const Cycle length = (wavelets - 1) * std::max<Cycle>(axpy, timing.fill) + tail;
  return {length, length - busy};
}

}  // namespace

Cycle predict_matrix(const MachineSpec& machine, const LaunchMap& map) {
  const FabricTiming timing(machine);
  const int lanes = machine.pe.lanes.fmac_mixed;
  const int widest = *std::max_element(map.elements.begin(), map.elements.end());
  std::vector<Round> rounds;
  Cycle slowest = 0;
  for (int line = 0; line < map.chain; ++line) {
    rounds.push_back(round_of(timing, lanes, map, map.wavelets[static_cast<std::size_t>(line)], widest));
    slowest = std::max(slowest, rounds.back().length);
  }
  const int rows_per_channel = machine.io.rows_per_channel;
  if (map.from_edge) {
    Cycle words = 0;
    for (int line = 0; line < map.chain; ++line) {
      if (line % rows_per_channel == 0) words = 0;
      words += ceil_div(map.wavelets[static_cast<std::size_t>(line)] * 16, machine.io.channel_bits_per_cycle) + 1;
      slowest = std::max(slowest, words);
    }
  }
  Cycle total = map.rounds * slowest;
  if (!map.from_edge && map.reduces) {
    // The east edge may lag behind by what the row buffers hold.
    Cycle words = 0;
    for (int position = 0; position < map.positions; ++position) {
      const int elements = map.elements[static_cast<std::size_t>(position)];
      if (position % rows_per_channel == 0) words = 0;
      words += elements;
      if (elements == 0) continue;
      const std::int64_t held = std::max<std::int64_t>(1, machine.io.row_buffer_bytes / 4 / elements);
      total = std::max(total, std::max<std::int64_t>(0, map.rounds - held) * words + std::min<std::int64_t>(held, map.rounds) * slowest);
    }
  }
  if (map.returns) {
    // In its own rounds a row also takes the returned sum.
    for (int line = 0; line < map.chain; ++line) {
      const int own = hw::split_count(map.owned, map.height, line);
      const Cycle room = slowest - rounds[static_cast<std::size_t>(line)].length + rounds[static_cast<std::size_t>(line)].idle;
      total += own * std::max<Cycle>(0, widest - room);
    }
  }
  const Cycle step = timing.hop + 2 * timing.ramp + 1;   // from issue to issue along a chain
  const Cycle arrive = map.from_edge ? (map.positions + 1) * timing.hop + timing.ramp : timing.issue + 2 * timing.ramp + timing.hop;
  total += std::max<Cycle>(timing.dispatch, arrive) - timing.scalar;
  if (map.reduces) total += (map.chain - 1) * step;
  if (map.returns) total += 1 + 2 * timing.ramp + timing.hop * map.owner_row(map.rounds - 1) + 1;
  return total;
}

Cycle predict_launch(const MachineSpec& machine, const std::vector<hw::MatrixLayer>& layers, const hw::Launch& launch, bool train,
                     hw::Rectangle rectangle, int tokens) {
  const hw::MatrixLayer& layer = layers[static_cast<std::size_t>(launch.layer)];
  const bool dropout = train && layer.dropout > 0;
  switch (launch.kind) {
    case KernelKind::load_input: return hw::load_times(machine, layers.front().inputs, layers.back().outputs, rectangle, tokens, 0).end;
    case KernelKind::activation: return hw::activation_times(machine, layer.outputs, dropout, rectangle, tokens).end;
    case KernelKind::activation_backward: return hw::activation_backward_times(machine, layer.outputs, dropout, rectangle, tokens).end;
    case KernelKind::softmax_loss: {
      Cycle leaves = 0;
      return hw::softmax_times(machine, layer.outputs, train, rectangle, tokens, leaves).end;
    }
    default: break;
  }
  const LaunchMap map(launch.kind, layer, rectangle, tokens);
  Cycle total = predict_matrix(machine, map);
  if (launch.kind == KernelKind::retained_delta)
    total += hw::convert_cycles(machine, static_cast<std::int64_t>(*std::max_element(map.elements.begin(), map.elements.end())) *
                                             *std::max_element(map.wavelets.begin(), map.wavelets.end()));
  return total;
}

Cycle predict_stream(const MachineSpec& machine, const std::vector<hw::MatrixLayer>& layers, const hw::Launch& launch) {
  if (!hw::consumes_weights(launch.kind) && !hw::produces_gradient(launch.kind)) return 0;
  const std::int64_t parameters = layers[static_cast<std::size_t>(launch.layer)].parameters();
  const double bits = static_cast<double>(parameters) * (hw::produces_gradient(launch.kind) ? 32 : 16);
  const double bits_per_cycle = machine.io.ethernet_links * machine.io.ethernet_gbps * 1000.0 / static_cast<double>(machine.clock.mega_hertz);
  return static_cast<Cycle>(std::ceil(bits / bits_per_cycle));
}

Cycle launch_gap(const MachineSpec& machine, hw::Rectangle rectangle) {
  return machine.router.hop_cycles * 2 * (rectangle.width + rectangle.height) + 2 * machine.router.ramp_cycles;
}

}  // namespace weft::sw
