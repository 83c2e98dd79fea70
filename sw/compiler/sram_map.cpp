#include "sw/compiler/sram_map.h"

#include <algorithm>

#include "hw/kernels/line_kernels.h"

namespace weft::sw {

namespace {

/// What the kernels of a layer's activation work in, besides the tensors that they read and write.
Bytes activation_scratch(const hw::MatrixLayer& layer, int features, int tokens, bool train) {
  hw::LineSettings settings;
  settings.train = train;
  settings.dropout.probability = train ? layer.dropout : 0;
  hw::LinePe pe;
  pe.features = features;
  pe.tokens = tokens;
  int most = 0;
  for (const hw::Kernel& row : hw::kernels) {
    if (!row.activation.is_of(layer.activation)) continue;
    if (row.role != hw::KernelRole::forward && !train) continue;
    most = std::max(most, hw::line_kernel(row.kind).program(pe, settings).scratch_words(pe));
  }
  return 2 * static_cast<Bytes>(most);
}

}  // namespace

int padded_tokens(int tokens) { return (tokens + 3) / 8 * 8 + 4; }

std::vector<SramItem> sram_map(const std::vector<hw::MatrixLayer>& layers, const hw::MachineSpec& machine,
                               const hw::Mapping& mapping, int tokens, bool train, bool retain, int segment) {
  const int of_lane = mapping.lane_tokens(tokens, 0);
  const int wide = hw::split_count(of_lane, std::min(mapping.lane.width, of_lane), 0);
  const Bytes row = 2 * static_cast<Bytes>(padded_tokens(wide));
  const auto held = [&](int features) { return static_cast<Bytes>(hw::split_count(features, mapping.lane.height, 0)); };
  std::vector<SramItem> map{{"code and stack", machine.pe.code_bytes}};
  Bytes accumulators = 0, deltas = 0;
  const bool recomputes = segment < static_cast<int>(layers.size());
  Bytes again = 0, most_again = 0, lists = 0;
  for (std::size_t index = 0; index < layers.size(); ++index) {
    const hw::MatrixLayer& layer = layers[index];
    const auto place = static_cast<int>(index) % segment;
    const Bytes rows = held(layer.inputs) + (layer.bias ? 1 : 0), input = rows * row;
    if (!recomputes || place == 0) {
      map.push_back({"input of " + layer.name, input});
      again = 0;
    } else {
      again += input;
      most_again = std::max(most_again, again);
    }
    const auto sums = [](bool half_sums, Bytes elements) { return (half_sums ? 2 : 4) * elements; };
    accumulators = std::max({accumulators, sums(layer.half_sums.forward && (!train || layer.half_sums.delta), wide),
                             sums(layer.half_sums.gradient, rows)});
    if (layer.kind == hw::LayerKind::norm)
      map.push_back({"gain and shift of " + layer.name, 2 * layer.outputs * held(layer.inputs)});
    if (layer.keeps_preactivation) {
      const Bytes kept = train ? held(layer.features()) * row : 0;
      if (!recomputes && train) map.push_back({"preactivation of " + layer.name, kept});
      if (recomputes) most_again = std::max(most_again, again += kept);
      const int features = static_cast<int>(held(layer.features()));
      accumulators = std::max(accumulators, activation_scratch(layer, features, wide, train));
    }
    if (layer.sparse()) lists = std::max(lists, 2 * rows);
    if (index > 0) deltas = std::max(deltas, (held(layer.inputs) + held(layer.features())) * row);
  }
  if (most_again > 0) map.push_back({"other inputs of one segment", most_again});
  const hw::MatrixLayer& last = layers.back();
  map.push_back({"logits and exponentials, fp32", 2 * held(last.outputs) * 4 * wide});
  map.push_back({"labels", 2 * static_cast<Bytes>(wide)});
  if (train) {
    if (layers.size() == 1) deltas = held(last.outputs) * row;
    map.push_back({"deltas of two layers", deltas});
    if (retain) {
      map.push_back({"retained weights of " + last.name, held(last.inputs) * last.outputs * 2});
      accumulators = std::max(accumulators, 4 * held(last.inputs) * wide);
    }
  }
  // hw/kernels/softmax_loss.cpp has a third array and two sums; it takes the place of what nobody needs then.
  const Bytes loss = (held(last.outputs) + 2) * 4 * wide + 8;
  accumulators = std::max(accumulators, loss - (train ? deltas : 0));
  const bool halves =
      std::any_of(layers.begin(), layers.end(), [](const hw::MatrixLayer& layer) { return layer.half_sums.any(); });
  map.push_back({halves ? "accumulators" : "accumulators, fp32", accumulators});
  if (train && lists > 0) map.push_back({"list of kept inputs", lists});
  return map;
}

Bytes total_bytes(const std::vector<SramItem>& map) {
  Bytes total = 0;
  for (const SramItem& item : map) total += item.bytes;
  return total;
}

}  // namespace weft::sw
