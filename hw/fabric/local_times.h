#pragma once
// Launches whose PEs work mostly on their own: elementwise kernels, the loss, and the samples' way in.
#include <algorithm>
#include <vector>

#include "hw/fabric/launch_times.h"

namespace weft::hw {

/// Wavelets that carry `count` fp16 values or labels, two each.
inline std::int64_t pair_words(std::int64_t count) { return ceil_div(count, std::int64_t{2}); }

/// What each row takes of a load: its share of a sample's features, or all of them; labels if it owns outputs.
struct LoadShape {
  int features = 0, outputs = 0;
  bool every_row = false;

  int rows(int height) const { return every_row ? height : std::min(std::max(features, outputs), height); }
  int features_of(int height, int row) const { return every_row ? features : split_count(features, height, row); }
  bool takes_labels(int height, int row) const { return split_count(outputs, height, row) > 0; }
};
/// Of a model's samples, by the kernel that loads them.
inline LoadShape load_shape(KernelKind kind, const std::vector<MatrixLayer>& layers) {
  return {sample_form(layers).features, layers.back().outputs, kernel_of(kind).every_row};
}

/// From when on the channels of a lane that takes samples or labels on `rows` rows may begin with those that have come
/// at cycle `arrived` of the launch: before the launch no more of them pass the channels than the edge buffer holds, of
/// which each of `lanes` lanes has its part.
LaunchCycle samples_ready(const MachineSpec& machine, const EdgeLayout& layout, int rows, int lanes,
                          LaunchCycle arrived);

/// Per row that takes samples or labels: the cycle before its first word may enter it. The channels may start at cycle
/// `ready` (may be negative: before the launch) and serve their rows in turn, `channel_bits_per_cycle` a cycle; a row
/// begins so late that no word is there before its channel has given it.
std::vector<std::int32_t> load_starts(const MachineSpec& machine, const EdgeLayout& layout, const LoadShape& shape,
                                      Rectangle rectangle, int tokens, LaunchCycle ready);

/// Samples [tokens][features] and labels from the edge to their PEs, nearest column first, pair_words() and a silent
/// control wavelet each; the labels go to the rows that own outputs. Exact where a task begins before the queues in
/// front of it are full.
LaunchTimes load_times(const MachineSpec& machine, const EdgeLayout& layout, const LoadShape& shape,
                       Rectangle rectangle, int tokens, LaunchCycle ready);

}  // namespace weft::hw
