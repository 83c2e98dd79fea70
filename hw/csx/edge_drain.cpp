#include "hw/csx/edge_drain.h"

#include <algorithm>

namespace weft::hw {

EdgeDrain::EdgeDrain(const MachineSpec& machine, const EdgeLayout& layout, const LaunchMap& map,
                     const std::vector<std::int32_t>& busy_until)
    : layout_(layout),
      map_(map),
      hop_(machine.router.hop_cycles),
      ramp_(machine.router.ramp_cycles),
      channel_bits_(machine.io.channel_bits_per_cycle),
      buffer_words_(static_cast<std::int32_t>(machine.io.row_buffer_bytes / 4)),
      free_(busy_until) {
  const auto positions = static_cast<std::size_t>(map.positions);
  free_.resize(static_cast<std::size_t>(layout.channels(map.positions)), 0);
  oldest_.assign(positions, 0);
  held_.assign(positions, 0);
  current_.assign(positions, 0);
  room_.assign(positions, 0);
}

void EdgeDrain::take(int position, int count, std::int32_t issue) {
  std::int32_t& free = free_[static_cast<std::size_t>(layout_.channel(position))];
  const auto cycles = static_cast<std::int32_t>(ceil_div(std::int64_t{count} * 32, channel_bits_));
  const std::int32_t arrived = issue + 1 + ramp_ + hop_ + layout_.way_out(position);
  free = std::max(free + cycles, arrived + 1);
  current_[static_cast<std::size_t>(position)] = free;
}

void EdgeDrain::finish_round() {
  const int done = rounds(), next = done + 1;
  history_.push_back(current_);
  if (next >= map_.rounds) return;
  for (int position = 0; position < map_.positions; ++position) {
    const auto at = static_cast<std::size_t>(position);
    held_[at] += map_.elements_of(done, position);
    for (int& oldest = oldest_[at]; oldest < next && held_[at] + map_.elements_of(next, position) > buffer_words_;
         ++oldest) {
      room_[at] = history_[static_cast<std::size_t>(oldest - forgotten_)][at];
      held_[at] -= map_.elements_of(oldest, position);
    }
    if (held_[at] == 0) oldest_[at] = next;
  }
  const int needed = *std::min_element(oldest_.begin(), oldest_.end());
  for (; forgotten_ < needed; ++forgotten_) history_.pop_front();
}

EngineCycle EdgeDrain::done() const { return EngineCycle(*std::max_element(free_.begin(), free_.end())); }

}  // namespace weft::hw
