#include "sw/compiler/prediction.h"

#include <algorithm>
#include <cmath>

#include "hw/fabric/head_grid.h"
#include "hw/fabric/launch_times.h"
#include "hw/fabric/local_times.h"
#include "hw/kernels/column_times.h"
#include "hw/pe/cost.h"
#include "sw/compiler/attention_prediction.h"
#include "sw/compiler/round_form.h"
#include "sw/compiler/sparse_rounds.h"

namespace weft::sw {

using hw::FabricTiming;
using hw::KernelKind;
using hw::LaunchMap;
using hw::MachineSpec;
using proto::Limiter;

namespace {

/// The edge works through `words` a round and is as many rounds ahead or behind as its buffer holds: round r waits for
/// round r - `held` to have left it.
Cycle with_edge(Cycle rounds, Cycle slowest, Cycle words, Cycle held) {
  return std::max(rounds * slowest, std::max<Cycle>(0, rounds - held) * words + slowest);
}

/// Calls visit(words of a round that its channel has passed with it, rounds that wait for the channel) for each row.
template <typename Visit>
void for_each_edge_row(const MachineSpec& machine, const hw::EdgeLayout& layout, const LaunchMap& map, Visit&& visit) {
  Cycle words = 0, elements = 0;
  const int rows = map.from_edge ? map.chain : map.positions;
  for (int row = 0; map.from_edge && row < rows; ++row) elements += map.wavelets[static_cast<std::size_t>(row)];
  for (int row = 0; row < rows; ++row) {
    if (layout.opens_channel(row)) words = 0;
    if (map.from_edge) {
      words +=
          ceil_div(map.wavelets[static_cast<std::size_t>(row)] * map.edge_bits(), machine.io.channel_bits_per_cycle) +
          1;
      visit(words,
            std::max<Cycle>(1, machine.io.edge_buffer_bytes * 8 / (map.edge_bits() * std::max<Cycle>(1, elements))));
    } else if (const int count = map.elements[static_cast<std::size_t>(row)]; count > 0) {
      words += ceil_div(Cycle{count} * 32, machine.io.channel_bits_per_cycle);
      visit(words, std::max<Cycle>(1, machine.io.row_buffer_bytes / 4 / count));
    }
  }
}

proto::LimiterCycles edge_bound(const MachineSpec& machine, const hw::EdgeLayout& layout, const LaunchMap& map,
                                const Round& round) {
  const Cycle slowest = round.length;
  Cycle total = map.rounds * slowest, most_words = 0;
  for_each_edge_row(machine, layout, map, [&](Cycle words, Cycle held) {
    total = std::max(total, with_edge(map.rounds, slowest, words, held));
    most_words = std::max(most_words, words);
  });
  proto::LimiterCycles parts = parts_of(round, total > map.rounds * slowest ? 1 : map.rounds);
  const Limiter edge = map.from_edge ? Limiter::edge_in : Limiter::edge_out;
  parts.of(edge) = total - parts.total();
  if (most_words > slowest) parts.say_rest(edge);  // what its buffers do not hide
  return parts;
}

/// Of the last round's sums from row 0, which keeps its own, to their owner.
Cycle way_back(const MachineSpec& machine, const LaunchMap& map) {
  const int owner = map.owner_row(map.rounds - 1);
  return owner > 0 ? 2 * machine.router.ramp_cycles + machine.router.hop_cycles * owner + 1 : 0;
}

/// `edge`: with the edge's channels.
proto::LimiterCycles parts_of_matrix(const MachineSpec& machine, const hw::EdgeLayout& layout, const LaunchMap& map,
                                     bool edge) {
  const FabricTiming timing = timing_of(FabricTiming(machine), map);
  const int simd = timing.axpy_lanes(map.half_sums);
  const int widest = *std::max_element(map.elements.begin(), map.elements.end());
  std::vector<Round> rounds;
  rounds.reserve(map.wavelets.size());
  Round slowest_round{};
  for (std::size_t line = 0; line < static_cast<std::size_t>(map.chain); ++line) {
    const bool as_before = line > 0 && map.wavelets[line] == map.wavelets[line - 1];
    rounds.push_back(as_before ? rounds.back() : round_of(timing, simd, map, map.wavelets[line], widest));
    if (rounds.back().length > slowest_round.length) slowest_round = rounds.back();
  }
  const Cycle tail = rounds.empty() ? 0 : rounds.back().tail;
  const Cycle step = timing.hop + 2 * timing.ramp + 1;  // from issue to issue along a chain
  proto::LimiterCycles parts;
  Cycle& links = parts.of(Limiter::fabric_link);
  // What a launch does not have of its last round's wait was booked as the sum's.
  parts.of(map.reduces ? Limiter::pe_sum : Limiter::pe_issue) = -tail;
  if (map.from_edge) {
    parts.add(edge ? edge_bound(machine, layout, map, slowest_round) : parts_of(slowest_round, map.rounds));
    const Cycle way = (map.positions + 1) * timing.hop + timing.ramp;
    parts.of(way > timing.dispatch ? Limiter::fabric_link : Limiter::pe_issue) += std::max<Cycle>(timing.dispatch, way);
    parts.of(Limiter::pe_issue) -= timing.scalar;
  } else {
    parts.of(Limiter::pe_issue) += timing.dispatch;
    parts.add(map.reduces && edge ? edge_bound(machine, layout, map, slowest_round)
                                  : parts_of(slowest_round, map.rounds));
    // A new owner sends when the last wavelet of the old one has reached it; the last one's must reach the farthest
    // row. An owner without features of its own waits for nothing.
    Cycle moves = 0;
    for (int row = map.owner_row(0) + 1; row <= map.owner_row(map.rounds - 1); ++row)
      moves += hw::split_count(map.owned, map.height, row) > 0 && map.elements[static_cast<std::size_t>(row)] > 0;
    int farthest = 0;
    for (int row = 0; row < map.positions; ++row)
      if (map.elements[static_cast<std::size_t>(row)] > 0)
        farthest = std::max(farthest, std::abs(row - map.owner_row(map.rounds - 1)));
    links += moves * step + (farthest > 0 ? step + (farthest - 1) * timing.hop : 0);
  }
  if (map.returns) {
    parts.add(parts_of_returns(timing, map, rounds));
    links += way_back(machine, map);
  }
  if (map.reduces) links += (map.chain - 1) * step;
  return parts;
}

/// Before a retained delta: the weights that stayed, to fp32.
Cycle converted(const MachineSpec& machine, const LaunchMap& map) {
  return hw::vector_cycles(machine.pe,
                           static_cast<std::int64_t>(*std::max_element(map.elements.begin(), map.elements.end())) *
                               *std::max_element(map.wavelets.begin(), map.wavelets.end()),
                           machine.pe.lanes.convert);
}

/// The launch with every weight kept.
LaunchMap with_all(const hw::MatrixLayer& layer, KernelKind kind, hw::Rectangle rectangle, int tokens) {
  hw::MatrixLayer dense = layer;
  dense.mask = nullptr;
  return {kind, dense, rectangle, tokens};
}

SparseRounds rounds_of(const MachineSpec& machine, const hw::EdgeLayout& layout, const hw::MatrixLayer& layer,
                       const LaunchMap& most) {
  return sparse_rounds(machine, layout, most, 1 - layer.sparsity, most.bias);
}

}  // namespace

Cycle predict_matrix(const MachineSpec& machine, const hw::EdgeLayout& layout, const LaunchMap& map) {
  return matrix_parts(machine, layout, map).total();
}

proto::LimiterCycles matrix_parts(const MachineSpec& machine, const hw::EdgeLayout& layout, const LaunchMap& map) {
  return parts_of_matrix(machine, layout, map, true);
}

proto::LimiterCycles sparse_parts(const MachineSpec& machine, const hw::EdgeLayout& layout,
                                  const hw::MatrixLayer& layer, KernelKind kind, hw::Rectangle rectangle, int tokens) {
  const LaunchMap most = with_all(layer, kind, rectangle, tokens);
  const double kept = 1 - layer.sparsity;
  const SparseRounds rounds = rounds_of(machine, layout, layer, most);
  const FabricTiming timing(machine);
  const int wavelets = *std::max_element(most.wavelets.begin(), most.wavelets.end());
  const int elements = *std::max_element(most.elements.begin(), most.elements.end());
  // What a row keeps on average; the rest is held up by issue: its own, or that of a row that keeps more.
  const bool rows = most.lines_are_rows;
  const Cycle seen = rounds.of_edge > 0 ? 1 : most.rounds;
  const auto axpys = static_cast<Cycle>(std::llround(static_cast<double>(seen * wavelets) * (rows ? kept : 1.0)));
  const auto added = static_cast<Cycle>(std::llround(elements * (rows ? 1.0 : kept)));
  proto::LimiterCycles parts;
  parts.of(rounds.edge) = rounds.of_edge;
  if (rounds.of_edge > 0) parts.say_rest(rounds.edge);
  parts.of(Limiter::pe_arithmetic) = axpys * ceil_div(added, timing.axpy_lanes(most.half_sums));
  parts.of(Limiter::pe_sum) = seen * (timing.issue + added + timing.scalar);
  parts.of(Limiter::fabric_link) = (most.chain - 1) * (timing.hop + 2 * timing.ramp + 1);
  parts.of(Limiter::pe_issue) = rounds.cycles - parts.total();
  if (most.returns) parts.of(Limiter::fabric_link) += way_back(machine, most);
  return parts;
}

proto::LimiterCycles predict_launch(const MachineSpec& machine, const std::vector<hw::MatrixLayer>& layers,
                                    const hw::Launch& launch, bool train, const hw::Mapping& mapping, int tokens) {
  const hw::MatrixLayer& layer = layers[static_cast<std::size_t>(launch.layer)];
  const hw::EdgeLayout layout(machine, mapping);
  const hw::Rectangle lane = mapping.lane;
  tokens = mapping.lane_tokens(tokens, 0);
  proto::LimiterCycles parts;
  const hw::Kernel& kernel = hw::kernel_of(launch.kind);
  switch (kernel.form) {
    case hw::KernelForm::load:
      parts.of(Limiter::edge_in) =
          hw::load_times(machine, layout, hw::load_shape(launch.kind, layers), lane, tokens, {}).end.since();
      return parts;
    case hw::KernelForm::line: {
      hw::LineSettings settings = hw::line_settings(layer, train);
      if (train) settings.dropout.probability = layer.dropout;
      if (hw::in_heads(launch.kind)) {
        const hw::HeadGrid grid = hw::head_grid(layer, machine, lane, tokens, launch.tile);
        settings.tile = launch.tile;
        parts.of(Limiter::pe_arithmetic) = hw::ColumnTimer(machine).of_heads(launch.kind, settings, grid).end.since();
        return parts;
      }
      hw::LinePrograms programs(launch.kind, settings,
                                {lane, hw::line_features(launch.kind, layer), tokens, layer.attention.queries});
      parts.of(Limiter::pe_arithmetic) = hw::column_times(machine, programs).times.end.since();
      return parts;
    }
    case hw::KernelForm::stream:
      break;
  }
  if (kernel.by_key) {
    const hw::HeadGrid grid = hw::head_grid(layer, machine, lane, tokens, launch.tile);
    return attention_parts(machine, grid.map(launch.kind, grid.place(0).rectangle));
  }
  if (layer.sparse()) return sparse_parts(machine, layout, layer, launch.kind, lane, tokens);
  const LaunchMap map(launch.kind, layer, lane, tokens);
  parts = matrix_parts(machine, layout, map);
  if (kernel.weights == hw::KernelWeights::resident) parts.of(Limiter::pe_arithmetic) += converted(machine, map);
  return parts;
}

LaunchPace launch_pace(const MachineSpec& machine, const std::vector<hw::MatrixLayer>& layers, const hw::Launch& launch,
                       const hw::Mapping& mapping, int tokens) {
  const hw::MatrixLayer& layer = layers[static_cast<std::size_t>(launch.layer)];
  const hw::EdgeLayout layout(machine, mapping);
  const LaunchMap map = with_all(layer, launch.kind, mapping.lane, mapping.lane_tokens(tokens, 0));
  LaunchPace pace;
  pace.rounds = map.rounds;
  if (layer.sparse()) {
    const SparseRounds rounds = rounds_of(machine, layout, layer, map);
    pace.wafer = static_cast<double>(rounds.on_wafer);
    const hw::RouterSpec& router = machine.router;
    const Cycle way = (map.chain - 1) * (router.hop_cycles + 2 * router.ramp_cycles + 1);
    if (map.returns) pace.wafer += static_cast<double>(way_back(machine, map));
    pace.after = static_cast<double>(way + (map.returns ? way_back(machine, map) : 0));
    pace.words_in = rounds.words_in;
    pace.words_out = rounds.words_out;
    pace.held_out = rounds.held_out;
    return pace;
  }
  const proto::LimiterCycles parts = parts_of_matrix(machine, layout, map, false);
  pace.wafer = static_cast<double>(parts.total());
  pace.after = static_cast<double>(parts.of(Limiter::fabric_link));
  if (hw::kernel_of(launch.kind).weights == hw::KernelWeights::resident)
    pace.wafer += static_cast<double>(converted(machine, map));
  if (map.from_edge || map.reduces)
    for_each_edge_row(machine, layout, map, [&](Cycle words, Cycle held) {
      if (static_cast<double>(words) <= std::max(pace.words_in, pace.words_out)) return;
      (map.from_edge ? pace.words_in : pace.words_out) = static_cast<double>(words);
      pace.held_out = static_cast<double>(held);
    });
  return pace;
}

Cycle predict_stream(const MachineSpec& machine, const std::vector<hw::MatrixLayer>& layers, const hw::Launch& launch,
                     const hw::GradientWire& wire) {
  if (!hw::consumes_weights(launch.kind) && !hw::produces_gradient(launch.kind)) return 0;
  const hw::MatrixLayer& layer = layers[static_cast<std::size_t>(launch.layer)];
  // Of a sparse layer an index goes with each weight; indices in and gradients out go at the same time.
  const double kept =
      (static_cast<double>(layer.outputs) * layer.inputs * (1 - layer.sparsity)) + (layer.bias ? layer.outputs : 0);
  const Bytes each = hw::produces_gradient(launch.kind) ? wire.element_bytes() : layer.sparse() ? 4 : 2;
  const double bits = kept * 8 * static_cast<double>(each);
  const double bits_per_cycle =
      machine.io.ethernet_links * machine.io.ethernet_gbps * 1000.0 / static_cast<double>(machine.clock.mega_hertz);
  return static_cast<Cycle>(std::ceil(bits / bits_per_cycle));
}

}  // namespace weft::sw
