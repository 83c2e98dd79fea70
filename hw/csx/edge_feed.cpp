#include "hw/csx/edge_feed.h"

#include <algorithm>

namespace weft::hw {

EdgeFeed::EdgeFeed(const MachineSpec& machine, const EdgeLayout& layout, const LaunchMap& map, const StreamOrder& order,
                   Cycle launch_start, std::vector<Cycle>& channel_free)
    : launch_start_(launch_start), channel_free_(channel_free), block_(order.by_element ? map.rounds : order.block) {
  for (int line = 0; line < map.chain; ++line) {
    if (layout.opens_channel(line)) channel_words_.push_back(0);
    const auto words = static_cast<std::int32_t>(ceil_div(map.wavelets[static_cast<std::size_t>(line)] * 16,
                                                          machine.io.channel_bits_per_cycle)) +
                       1;
    lines_.push_back({layout.channel(line), channel_words_.back(), words, layout.way_in(line)});
    channel_words_.back() += words;
    farthest_ = std::max(farthest_, layout.way_in(line));
  }
  bases_.resize(lines_.size());
  if (channel_free_.size() < channel_words_.size()) channel_free_.resize(channel_words_.size(), 0);
}

std::vector<std::int32_t> EdgeFeed::arrive(Cycle ready, int rounds) {
  std::vector<std::int32_t> starts;
  for (std::size_t channel = 0; channel < channel_words_.size(); ++channel) {
    const Cycle words = static_cast<Cycle>(rounds) * channel_words_[channel];
    const Cycle start = std::max(channel_free_[channel], ready);
    channel_free_[channel] = start + words;
    starts.push_back(static_cast<std::int32_t>(std::max(start - launch_start_, -words - farthest_ - 1)));
  }
  return starts;
}

const std::int32_t* EdgeFeed::round(const std::vector<std::int32_t>& starts, int rounds, int index) {
  const int first = index / block_ * block_, wide = std::min(block_, rounds - first);
  for (std::size_t line = 0; line < lines_.size(); ++line) {
    const Line& at = lines_[line];
    const auto channel = static_cast<std::size_t>(at.channel);
    bases_[line] = std::max(
        starts[channel] + first * channel_words_[channel] + wide * at.before + (index - first) * at.words + at.way, -1);
  }
  return bases_.data();
}

}  // namespace weft::hw
