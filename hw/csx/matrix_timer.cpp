#include "hw/csx/matrix_timer.h"

#include <algorithm>
#include <limits>

namespace weft::hw {

void MatrixTimer::open(const LaunchMap& map, LaunchMemo::Key key, Cycle start) {
  map_ = &map;
  key_ = key;
  start_ = start;
  current_ = {};
  rounds_.clear();
  next_round_ = 0;
  edge_.clear();
  candidate_ = 0;
  added_ = memo_ != nullptr;
  find_copies_ = true;
  feed_.reset();
  drain_.reset();
  if (memo_) memo_->runs(key);  // from here on lanes only read the memo, until it is closed
  if (map.from_edge || map.lists()) feed_.emplace(machine_, layout_, map, order_, start, feed_channels_);
}

Cycle MatrixTimer::feed(Cycle ready, int rounds) { return chunk(feed_->arrive(ready, rounds), rounds).left; }

void MatrixTimer::add_busy_drain(std::vector<std::int32_t>& starts) const {
  if (!rounds_.empty()) return;
  for (Cycle free : drain_channels_) starts.push_back(static_cast<std::int32_t>(std::max<Cycle>(free - start_, 0)));
}

Cycle MatrixTimer::drain(int rounds) {
  std::vector<std::int32_t> busy;
  add_busy_drain(busy);
  return chunk(std::move(busy), rounds).drained;
}

EdgeMarks MatrixTimer::feed_and_drain(Cycle ready, int rounds) {
  std::vector<std::int32_t> starts = feed_->arrive(ready, rounds);
  add_busy_drain(starts);
  return chunk(std::move(starts), rounds);
}

void MatrixTimer::run(int rounds) { chunk({}, rounds); }

EdgeMarks MatrixTimer::chunk(std::vector<std::int32_t> starts, int rounds) {
  current_.starts.push_back(std::move(starts));
  rounds_.push_back(rounds);
  if (added_ && follows_memo()) {
    const EdgeMarks marks = memo_->runs(key_)[candidate_].marks[rounds_.size() - 1];
    current_.marks.push_back(marks);
    return marks.after(start_);
  }
  if (added_) {  // no identical launch after all: simulate it from its begin
    added_ = false;
    current_.marks.clear();
  }
  while (current_.marks.size() < rounds_.size()) {
    const EdgeMarks marks = simulate(current_.marks.size(), rounds_[current_.marks.size()]);
    current_.marks.push_back(marks);
    if (!lane_.copies_failed()) continue;
    find_copies_ = false;  // from the launch's begin again; what was told so far held
    current_.marks.clear();
    edge_.clear();
  }
  return current_.marks.back().after(start_);
}

bool MatrixTimer::follows_memo() {
  const std::vector<LaunchRun>& runs = memo_->runs(key_);
  for (std::size_t first = current_.starts.size() - 1; candidate_ < runs.size(); ++candidate_, first = 0)
    if (same_times(runs[candidate_], first)) return true;
  return false;
}

bool MatrixTimer::same_times(const LaunchRun& run, std::size_t first) const {
  if (run.starts.size() < current_.starts.size()) return false;
  for (std::size_t chunk = first; chunk < current_.starts.size(); ++chunk) {
    const auto &now = current_.starts[chunk], &then = run.starts[chunk];
    if (now.size() != then.size()) return false;
    for (std::size_t channel = 0; channel < now.size(); ++channel) {
      const std::int32_t slack = map_->from_edge ? run.slack[chunk][channel] : 0;
      if (now[channel] != then[channel] && (slack == 0 || now[channel] > then[channel] + slack)) return false;
    }
  }
  return true;
}

// The least slack of a channel's lines in the chunk that was simulated last.
std::vector<std::int32_t> MatrixTimer::channel_slack(std::size_t channels) {
  std::vector<std::int32_t> slack(channels, std::numeric_limits<std::int32_t>::max() / 2);
  const std::vector<std::int32_t> of_line = lane_.take_edge_slack();
  for (std::size_t line = 0; line < of_line.size(); ++line) {
    std::int32_t& least = slack[static_cast<std::size_t>(layout_.channel(static_cast<int>(line)))];
    least = std::min(least, of_line[line]);
  }
  return slack;
}

EdgeMarks MatrixTimer::simulate(std::size_t chunk, int rounds) {
  if (chunk == 0) {
    next_round_ = 0;
    current_.slack.clear();
    lane_.begin_time({memo_ != nullptr, memo_ != nullptr && find_copies_});
    if (!map_->from_edge && map_->reduces) {
      const auto busy = current_.starts[0].begin() + (feed_ ? feed_->channels() : 0);
      drain_.emplace(machine_, layout_, *map_, std::vector<std::int32_t>(busy, current_.starts[0].end()));
    }
  }
  const int first = next_round_;
  for (int index = 0; index < rounds; ++index, ++next_round_) {
    const std::int32_t* edge = feed_ ? feed_->round(current_.starts[chunk], first, rounds, index) : nullptr;
    if (edge && keep_edge_) edge_.insert(edge_.end(), edge, edge + feed_->rows());
    lane_.run_round(next_round_, edge, drain_ ? drain_->room() : nullptr);
    if (lane_.copies_failed()) break;
    if (drain_) drain_->round([this](int position) { return lane_.sink_issue(position); });
  }
  if (map_->from_edge && memo_) current_.slack.push_back(channel_slack(current_.starts[chunk].size()));
  return {feed_ ? lane_.edge_departure() : 0, drain_ ? drain_->done() : 0};
}

const char* MatrixTimer::how() const {
  if (memo_ == nullptr) return "all: fast-forward is off";
  if (added_) return "none: repeats a launch that was simulated";
  if (!find_copies_) return "all: room downstream ran out, so columns did not stay copies";
  if (result_.pe_rounds_copied > 0) return "one of each kind of column";
  return "all: columns are not copies of each other, or the wafer is cut";
}

const LaunchTimes& MatrixTimer::close() {
  std::vector<std::int32_t> channels;
  if (added_) {
    const LaunchRun& run = memo_->runs(key_)[candidate_];
    result_ = run.times;
    channels = run.drain_channels;
  } else {
    result_ = lane_.end_time();
    if (drain_) channels = drain_->channels();
    if (memo_) {
      current_.times = result_;
      current_.drain_channels = channels;
      memo_->add(key_, current_);
    }
  }
  if (drain_channels_.size() < channels.size()) drain_channels_.resize(channels.size(), 0);
  for (std::size_t channel = 0; channel < channels.size(); ++channel)
    drain_channels_[channel] = start_ + channels[channel];
  return result_;
}

}  // namespace weft::hw
