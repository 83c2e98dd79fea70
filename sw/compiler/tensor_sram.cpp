#include "sw/compiler/tensor_sram.h"

#include <algorithm>
#include <map>
#include <utility>

#include "hw/fabric/head_grid.h"
#include "hw/kernels/line_kernels.h"

namespace weft::sw {

namespace {

/// What tensors and launches need in a PE, on one mapping.
class PeBytes {
 public:
  PeBytes(const MatchedModel& model, const hw::MachineSpec& machine, const hw::Mapping& mapping, int tokens)
      : model_(model), machine_(machine), lane_(mapping.lane), of_lane_(mapping.lane_tokens(tokens, 0)) {
    wide_ = hw::split_count(of_lane_, std::min(lane_.width, of_lane_), 0);
  }

  Bytes of_labels() const { return 2 * Bytes{wide_}; }

  Bytes of(const hw::WaferTensor& tensor) {
    if (tensor.vector) return 2 * Bytes{held(tensor.features)};
    const Bytes row = tensor.fp32 ? 4 * Bytes{wide_} : 2 * Bytes{padded_tokens(wide_)};
    if (tensor.of_heads)
      return 4 * Bytes{wide_} * model_.layers[static_cast<std::size_t>(tensor.layer)].attention.queries;
    if (tensor.ids) return tensor.features * 2 * Bytes{wide_};
    if (tensor.scores) {
      const hw::MatrixLayer& layer = model_.layers[static_cast<std::size_t>(tensor.layer)];
      if (tensor.fp32 && layer.attention.skip_masked && layer.dropout == 0) return 4 * Bytes{most_stored(layer)};
      return scores(layer).features_of(0) * row;
    }
    return (held(tensor.features) + (tensor.one_below ? 1 : 0)) * row;
  }

  /// Sums of a product's round, or what a line kernel needs besides its operands.
  Bytes of_work(const hw::Launch& launch) {
    const hw::MatrixLayer& layer = model_.layers[static_cast<std::size_t>(launch.layer)];
    const auto [known, fresh] = work_.try_emplace({launch.kind, layer.shape()}, 0);
    if (fresh) known->second = work(launch, layer);
    return known->second;
  }

 private:
  int held(int features) const { return hw::split_count(features, lane_.height, 0); }
  /// Of the first tile, which is no smaller than another.
  hw::BlockMap scores(const hw::MatrixLayer& layer) const {
    const hw::HeadGrid grid = grid_of(layer);
    return grid.scores(grid.place(0).rectangle);
  }
  hw::HeadGrid grid_of(const hw::MatrixLayer& layer) const { return hw::head_grid(layer, machine_, lane_, of_lane_); }
  /// Of the fullest PE, where products skip what a mask leaves out; else 0.
  int most_stored(const hw::MatrixLayer& layer) {
    const auto [known, fresh] = stored_.try_emplace(layer.shape(), 0);
    if (fresh) known->second = stored_scores(layer);
    return known->second;
  }
  int stored_scores(const hw::MatrixLayer& layer) const {
    const hw::HeadGrid grid = grid_of(layer);
    const hw::BlockMap block = scores(layer);
    const auto windows = grid.score_windows(block.rectangle);
    int most = 0;
    for (int row = 0; windows && windows->stored && row < block.rows(); ++row)
      for (int column = 0; column < block.columns(); ++column) {
        int stored = 0;
        for (int key = block.first_place(row); key < block.first_place(row + 1); ++key)
          stored += windows->stored->at(key, column).count;
        most = std::max(most, stored);
      }
    return most;
  }
  Bytes work(const hw::Launch& launch, const hw::MatrixLayer& layer) {
    const hw::Kernel& row = hw::kernel_of(launch.kind);
    if (row.form != hw::KernelForm::line) {
      const bool tokens = row.lines == hw::LineAxis::rows && row.sums != hw::SumEnd::here;
      const int queries = row.by_key ? layer.attention.queries : 1;
      // Sums that each PE keeps until they are rounded, and a round's vector; where sums go on they are tensors.
      if (row.by_key && row.sums == hw::SumEnd::here) {
        const bool own = !row.sums_fp32 && launch.reads.of(hw::Operand::sums) < 0;
        return 2 * Bytes{queries * wide_} + (own ? 4 * Bytes{held(layer.features())} * wide_ : 0);
      }
      return (layer.half_sums.of(launch.kind) ? 2 : 4) *
             Bytes{std::max(queries * wide_, tokens ? 1 : held(layer.inputs) + 1)};
    }
    hw::LinePe pe;
    pe.features = held(hw::line_features(launch.kind, layer));
    if (hw::in_heads(launch.kind)) {
      const hw::HeadGrid grid = grid_of(layer);
      pe.features = grid.block(launch.kind, grid.place(0).rectangle).features_of(0);
    }
    pe.tokens = wide_;
    pe.rows = lane_.height;
    pe.all_features = hw::line_features(launch.kind, layer);
    hw::LineSettings settings = hw::line_settings(layer, true);
    settings.dropout.probability = layer.dropout;
    if (!row.makes_scores) return 2 * Bytes{hw::line_kernel(launch.kind).program(pe, settings).scratch_words(pe)};
    settings.windows = grid_of(layer).score_windows(scores(layer).rectangle);
    return 2 * Bytes{hw::line_kernel(launch.kind).program(pe, settings).scratch_words(pe, most_stored(layer))};
  }

  const MatchedModel& model_;
  const hw::MachineSpec& machine_;
  hw::Rectangle lane_;
  int of_lane_, wide_ = 0;
  using Shape = decltype(hw::MatrixLayer{}.shape());
  std::map<std::pair<hw::KernelKind, Shape>, Bytes> work_;
  std::map<Shape, int> stored_;
};

}  // namespace

TensorSram::TensorSram(const MatchedModel& model, const std::vector<hw::Launch>& launches)
    : model_(model), launches_(launches), lives_(model.tensors.size()) {
  for (int index = 0; index < static_cast<int>(launches_.size()); ++index) {
    const auto lives = [&](int tensor) {
      Life& life = lives_[static_cast<std::size_t>(tensor)];
      if (life.first < 0) life.first = index;
      life.last = index;
    };
    launches_[static_cast<std::size_t>(index)].reads.each(lives);
    launches_[static_cast<std::size_t>(index)].writes.each(lives);
  }
}

std::vector<SramItem> TensorSram::fullest(const hw::MachineSpec& machine, const hw::Mapping& mapping,
                                          int tokens) const {
  PeBytes bytes(model_, machine, mapping, tokens);
  std::vector<Bytes> change(launches_.size() + 1, 0);
  for (std::size_t tensor = 0; tensor < lives_.size(); ++tensor) {
    if (lives_[tensor].first < 0) continue;
    const Bytes held = bytes.of(model_.tensors[tensor]);
    change[static_cast<std::size_t>(lives_[tensor].first)] += held;
    change[static_cast<std::size_t>(lives_[tensor].last) + 1] -= held;
  }
  Bytes live = 0, most = -1;
  int fullest = 0;
  for (int index = 0; index < static_cast<int>(launches_.size()); ++index) {
    live += change[static_cast<std::size_t>(index)];
    const Bytes now = live + bytes.of_work(launches_[static_cast<std::size_t>(index)]);
    if (now <= most) continue;
    most = now;
    fullest = index;
  }
  std::vector<SramItem> map{{"code and stack", machine.pe.code_bytes}, {"labels", bytes.of_labels()}};
  for (std::size_t tensor = 0; tensor < lives_.size(); ++tensor)
    if (lives_[tensor].first >= 0 && lives_[tensor].first <= fullest && fullest <= lives_[tensor].last)
      map.push_back({model_.tensors[tensor].name, bytes.of(model_.tensors[tensor])});
  map.push_back({"work of the launch", bytes.of_work(launches_[static_cast<std::size_t>(fullest)])});
  return map;
}

std::vector<SramItem> training_sram(const MatchedModel& model, const hw::MachineSpec& machine,
                                    const hw::Mapping& mapping, int tokens, bool retain, int segment) {
  if (is_chain(model)) return sram_map(model.layers, machine, mapping, tokens, true, retain, segment);
  return TensorSram(model, train_launches(model, retain, segment)).fullest(machine, mapping, tokens);
}

}  // namespace weft::sw
