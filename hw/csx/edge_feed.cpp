#include "hw/csx/edge_feed.h"

#include <algorithm>

namespace weft::hw {

EdgeFeed::EdgeFeed(const MachineSpec& machine, const EdgeLayout& layout, const LaunchMap& map, const StreamOrder& order,
                   RunCycle launch_start, std::vector<RunCycle>& channel_free)
    : launch_start_(launch_start),
      channel_free_(channel_free),
      map_(map),
      block_(map.lists()        ? 1
             : order.by_element ? map.rounds
                                : order.block),
      element_bits_(map.edge_bits()),
      channel_bits_(machine.io.channel_bits_per_cycle) {
  const int rows = map.lists() ? map.kept->rows() : map.chain;
  for (int row = 0; row < rows; ++row) {
    rows_.push_back({layout.channel(row), layout.way_in(row)});
    channels_ = static_cast<std::size_t>(layout.channel(row)) + 1;
    farthest_ = std::max(farthest_, layout.way_in(row));
  }
  bases_.resize(rows_.size());
  place_.next.resize(rows_.size());
  place_.cursor.resize(channels_);
  if (channel_free_.size() < channels_) channel_free_.resize(channels_);
}

std::int32_t EdgeFeed::words(int round, int row) const {
  // A list's end is marked in the place of one more index.
  if (map_.lists())
    return static_cast<std::int32_t>(
        ceil_div(static_cast<Cycle>(map_.elements_of(round, row) + 1) * element_bits_, channel_bits_));
  const int count = map_.wavelets_of(round, row);
  return static_cast<std::int32_t>(ceil_div(static_cast<Cycle>(count) * element_bits_, channel_bits_)) + 1;
}

std::vector<LaunchCycle> EdgeFeed::arrive(RunCycle ready, int rounds) {
  std::vector<Cycle> words_of(channels_, 0);
  const bool equal = map_.kept == nullptr;
  for (int round = arrived_; round < arrived_ + (equal ? 1 : rounds); ++round)
    for (std::size_t row = 0; row < rows_.size(); ++row)
      words_of[static_cast<std::size_t>(rows_[row].channel)] += words(round, static_cast<int>(row));
  arrived_ += rounds;
  std::vector<LaunchCycle> starts;
  for (std::size_t channel = 0; channel < channels_; ++channel) {
    const Cycle words = words_of[channel] * (equal ? rounds : 1);
    const RunCycle start = std::max(channel_free_[channel], ready);
    channel_free_[channel] = start + words;
    starts.emplace_back(std::max(start - launch_start_, -words - farthest_ - 1));
  }
  return starts;
}

LaunchCycle EdgeFeed::all_handed_on() const {
  const RunCycle last =
      *std::max_element(channel_free_.begin(), channel_free_.begin() + static_cast<std::ptrdiff_t>(channels_));
  return LaunchCycle(last - launch_start_ + farthest_);
}

const std::int32_t* EdgeFeed::round(const Starts& starts, int first, int rounds, int index) {
  if (index == 0) std::fill(place_.cursor.begin(), place_.cursor.end(), 0);
  if (index % block_ == 0)
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      std::int32_t& cursor = place_.cursor[static_cast<std::size_t>(rows_[row].channel)];
      place_.next[row] = cursor;
      for (int round = index; round < std::min(index + block_, rounds); ++round)
        cursor += words(first + round, static_cast<int>(row));
    }
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    const std::int32_t start = starts.channels[static_cast<std::size_t>(rows_[row].channel)];
    bases_[row] = std::max(start + place_.next[row] + rows_[row].way, starts.before_launch);
    place_.next[row] += words(first + index, static_cast<int>(row));
  }
  return bases_.data();
}

}  // namespace weft::hw
