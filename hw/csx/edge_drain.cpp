#include "hw/csx/edge_drain.h"

#include <algorithm>

namespace weft::hw {

EdgeDrain::EdgeDrain(const MachineSpec& machine, const EdgeLayout& layout, const LaunchMap& map,
                     const std::vector<std::int32_t>& busy_until)
    : layout_(layout),
      hop_(machine.router.hop_cycles),
      ramp_(machine.router.ramp_cycles),
      words_per_cycle_(std::max(1, machine.io.channel_bits_per_cycle / 32)),
      elements_(map.elements),
      free_(busy_until) {
  const auto buffer_words = static_cast<int>(machine.io.row_buffer_bytes / 4);
  for (int count : elements_) depth_.push_back(count > 0 ? std::max(1, buffer_words / count) : 1);
  free_.resize(static_cast<std::size_t>(layout.channels(map.positions)), 0);
  current_.assign(elements_.size(), 0);
  room_.assign(elements_.size(), 0);
}

void EdgeDrain::take(int position, std::int32_t issue) {
  std::int32_t& free = free_[static_cast<std::size_t>(layout_.channel(position))];
  const auto words =
      static_cast<std::int32_t>(ceil_div(elements_[static_cast<std::size_t>(position)], words_per_cycle_));
  const std::int32_t arrived = issue + 1 + ramp_ + hop_ + layout_.way_out(position);
  free = std::max(free + words, arrived + 1);
  current_[static_cast<std::size_t>(position)] = free;
}

void EdgeDrain::finish_round() {
  history_.push_back(current_);
  for (std::size_t position = 0; position < room_.size(); ++position) {
    const auto before = static_cast<std::int64_t>(history_.size()) - depth_[position];
    if (before >= 0) room_[position] = history_[static_cast<std::size_t>(before)][position];
  }
}

Cycle EdgeDrain::done() const { return *std::max_element(free_.begin(), free_.end()); }

}  // namespace weft::hw
