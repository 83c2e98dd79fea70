#include "hw/fabric/sample_feed.h"

#include <algorithm>
#include <map>

namespace weft::hw {

using proto::TimeClass;

SampleChunks sample_chunks(int features, const Mapping& mapping, int tokens, Bytes chunk_bytes) {
  SampleChunks all;
  all.features = features;
  std::vector<BlockMap> lanes;
  int columns = 0;
  Bytes widest = 1;
  for (int lane = 0; lane < mapping.lanes; ++lane) {
    lanes.push_back({mapping.lane, features, mapping.lane_tokens(tokens, lane)});
    columns = std::max(columns, lanes.back().columns());
  }
  for (const BlockMap& lane : lanes) widest = std::max<Bytes>(widest, lane.columns() > 0 ? lane.tokens_of(0) : 0);
  SampleChunk column;
  column.all_tokens = static_cast<int>(widest) * mapping.lanes;
  const int each = static_cast<int>(std::clamp<Bytes>(chunk_bytes / std::max<Bytes>(1, all.bytes(column)), 1, columns));
  for (int first = 0; first < columns; first += each) {
    SampleChunk chunk;
    chunk.first_column = first;
    chunk.columns = std::min(each, columns - first);
    for (int lane = 0; lane < mapping.lanes; ++lane) {
      const BlockMap& map = lanes[static_cast<std::size_t>(lane)];
      const int begin = std::min(first, map.columns()), end = std::min(first + each, map.columns());
      if (begin == end) continue;
      const int first_token = map.first_token(begin);
      const int last_token = end == map.columns() ? map.tokens : map.first_token(end);
      chunk.tokens.push_back({mapping.lane_first_token(tokens, lane) + first_token, last_token - first_token});
      chunk.all_tokens += last_token - first_token;
    }
    all.chunks.push_back(std::move(chunk));
  }
  return all;
}

SampleFeed::SampleFeed(const MachineSpec& machine, const EdgeLayout& layout, int features, int outputs, Rectangle lane,
                       int tokens, Cycle start, std::vector<Cycle>& channel_free)
    : timing_(machine),
      layout_(layout),
      channel_bits_(machine.io.channel_bits_per_cycle),
      samples_{lane, features, tokens},
      labels_{lane, outputs, tokens},
      start_(start),
      channel_free_(channel_free),
      rows_(std::max(samples_.rows(), labels_.rows())) {
  const int channels = layout.channels(rows_), per_channel = layout.lines_per_channel();
  if (channel_free_.size() < static_cast<std::size_t>(channels))
    channel_free_.resize(static_cast<std::size_t>(channels), 0);
  std::map<std::vector<Cycle>, std::size_t> known;
  for (int channel = 0; channel < channels; ++channel) {
    const int first = channel * per_channel, last = std::min(first + per_channel, rows_);
    std::vector<Cycle> same{channel_free_[static_cast<std::size_t>(channel)], layout.way_in(first)};
    for (int row = first; row < last; ++row) {
      same.push_back(samples_.features_of(row));
      same.push_back(labels_.features_of(row) > 0 ? 1 : 0);
    }
    const auto [place, is_new] = known.emplace(same, kinds_.size());
    if (is_new) kinds_.push_back({{}, first, std::vector<Row>(static_cast<std::size_t>(last - first))});
    kinds_[place->second].channels.push_back(channel);
  }
}

/// Of a PE with so many tokens, without the control wavelet behind them.
Cycle SampleFeed::words_of(int row, int tokens) const {
  return pair_words(std::int64_t{samples_.features_of(row)} * tokens) +
         (labels_.features_of(row) > 0 ? pair_words(tokens) : 0);
}

Cycle SampleFeed::chunk(int first, int columns, Cycle ready) {
  constexpr Cycle word_bits = 32;
  columns = std::min(columns, samples_.columns() - first);
  if (columns <= 0) return start_;
  Cycle last = 0;
  for (Kind& kind : kinds_) {
    Cycle channel = std::max(channel_free_[static_cast<std::size_t>(kind.channels.front())], ready) - start_;
    for (std::size_t index = 0; index < kind.rows.size(); ++index) {
      const int number = kind.first_row + static_cast<int>(index);
      Cycle words = 0;
      for (int column = first; column < first + columns; ++column) words += words_of(number, samples_.tokens_of(column)) + 1;
      const Cycle given = ceil_div(words * word_bits, channel_bits_);
      Row& row = kind.rows[index];
      row.begin = std::max({channel + layout_.way_in(number) + std::max<Cycle>(0, given - words), row.sent, Cycle{-1}});
      row.sent = row.begin;
      channel += given;
      take(row, number, first, columns, static_cast<std::int64_t>(kind.channels.size()));
      last = std::max(last, row.sent);
    }
    for (const int which : kind.channels) channel_free_[static_cast<std::size_t>(which)] = start_ + channel;
  }
  return start_ + last;
}

// Columns of equal tokens, from the first on that waits for its words, each end as much later than the one before.
void SampleFeed::take(Row& row, int index, int first, int columns, std::int64_t copies) {
  for (int column = first; column < first + columns;) {
    const int tokens = samples_.tokens_of(column);
    int left = 1;
    while (column + left < first + columns && samples_.tokens_of(column + left) == tokens) ++left;
    const Cycle taken = words_of(index, tokens), words = taken + 1;
    // The last word leaves the edge in the cycle before the control wavelet and is stored within a cycle.
    const auto stored = [this](Cycle control, int at) {
      return control + static_cast<Cycle>(at + 1) * timing_.hop + timing_.ramp;
    };
    while (left > 0) {
      const bool waits = stored(row.sent + words, column) >= timing_.dispatch + taken;
      const std::int64_t count = waits ? left : 1, pairs = count * (count - 1) / 2;
      row.sent += words;
      const Cycle end = std::max<Cycle>(stored(row.sent, column), timing_.dispatch + taken);
      times_.mapped += copies * count;
      times_.of(TimeClass::overhead) += copies * count * timing_.dispatch;
      times_.of(TimeClass::receive) += copies * count * taken;
      times_.of(TimeClass::wait_stream) +=
          copies * (count * (end - taken - timing_.dispatch) + pairs * (words + timing_.hop));
      times_.wavelet_hops += copies * words * (count * (column + 1) + pairs);
      row.sent += (count - 1) * words;
      column += static_cast<int>(count);
      left -= static_cast<int>(count);
      times_.end = std::max(times_.end, end + (count - 1) * (words + timing_.hop));
    }
  }
}

std::vector<Cycle> SampleFeed::entered_after() const {
  std::vector<Cycle> begins(static_cast<std::size_t>(rows_), -1);
  const int per_channel = layout_.lines_per_channel();
  for (const Kind& kind : kinds_)
    for (const int channel : kind.channels)
      for (std::size_t index = 0; index < kind.rows.size(); ++index)
        begins[static_cast<std::size_t>(channel * per_channel) + index] = kind.rows[index].begin;
  return begins;
}

}  // namespace weft::hw
