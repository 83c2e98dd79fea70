#include "hw/csx/matrix_timer.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace weft::hw {

void MatrixTimer::open(const LaunchMap& map, LaunchMemo::Key key, Cycle start) {
  map_ = &map;
  walks_ = memo_ ? &memo_->walks(key) : nullptr;
  start_ = start;
  chunks_.clear();
  simulated_ = 0;
  next_ = {};
  rounds_added_ = 0;
  state_.clear();
  find_copies_ = memo_ != nullptr;
  spared_ = 0;
  result_ = {};
  channels_after_.clear();
  edge_.clear();
  feed_.reset();
  drain_.reset();
  if (map.from_edge || map.lists()) feed_.emplace(machine_, layout_, map, order_, start, feed_channels_);
}

Cycle MatrixTimer::feed(Cycle ready, int rounds) { return chunk(feed_->arrive(ready, rounds), rounds).left; }

// Words of an earlier launch that are still on their way out, before the launch's first chunk.
std::vector<std::int32_t> MatrixTimer::busy_drain() const {
  std::vector<std::int32_t> busy;
  if (!chunks_.empty()) return busy;
  busy.resize(static_cast<std::size_t>(layout_.channels(map_->positions)), 0);
  for (std::size_t channel = 0; channel < std::min(busy.size(), drain_channels_.size()); ++channel)
    busy[channel] = static_cast<std::int32_t>(std::max<Cycle>(drain_channels_[channel] - start_, 0));
  return busy;
}

Cycle MatrixTimer::drain(int rounds) { return chunk(busy_drain(), rounds).drained; }

EdgeMarks MatrixTimer::feed_and_drain(Cycle ready, int rounds) {
  std::vector<std::int32_t> starts = feed_->arrive(ready, rounds);
  const std::vector<std::int32_t> busy = busy_drain();
  starts.insert(starts.end(), busy.begin(), busy.end());
  return chunk(std::move(starts), rounds);
}

void MatrixTimer::run(int rounds) { chunk({}, rounds); }

EdgeMarks MatrixTimer::chunk(std::vector<std::int32_t> starts, int rounds) {
  next_.starts = std::move(starts);
  next_.rounds = rounds;
  chunks_.push_back(next_);
  const Chunk& now = chunks_.back();
  const ChunkRun* run = walks_ ? walks_->find(now.state, input_of(now)) : nullptr;
  if (!run) return append(simulate());
  rounds_added_ += rounds;
  return append(*run);
}

// What the launch shows of a chunk, and where the next one begins.
EdgeMarks MatrixTimer::append(const ChunkRun& run) {
  const Cycle origin = start_ + next_.origin;
  LaunchTimes times = run.times;
  times.end += next_.origin;
  result_.append(times);
  channels_after_ = run.drain_channels;
  for (std::int32_t& channel : channels_after_) channel += next_.origin;
  next_.first += next_.rounds;
  next_.state = run.next;
  next_.origin += run.origin;
  return {origin + run.marks.left, origin + run.marks.drained};
}

ChunkInput MatrixTimer::input_of(const Chunk& chunk) const {
  ChunkInput input;
  const int end = chunk.first + chunk.rounds;
  for (int round = chunk.first; round < end; ++round)
    input.rounds.push_back(map_->kept ? round : 2 * map_->owner_row(round) + (map_->advances(round) ? 1 : 0));
  input.starts = chunk.starts;
  for (std::int32_t& start : input.starts) start -= chunk.origin;
  return input;
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

// Brings the lane to the begin of a chunk or of one before it: it stands there, or at a state that was kept, or at the
// launch's begin.
void MatrixTimer::begin_at(std::size_t chunk) {
  for (std::size_t at = chunk; find_copies_ && at > simulated_; --at)
    if (const EngineState* state = walks_->kept(chunks_[at].state)) {
      lane_.resume(walks_->rows(), *state, chunks_[at].first, chunks_[at].origin);
      state_ = *state;
      simulated_ = timed_ = at;
      lane_times_ = {};
      return;
    }
  if (simulated_ > 0) return;
  lane_.begin_time({memo_ != nullptr, find_copies_, spared_});
  timed_ = 0;
  lane_times_ = {};
  if (!map_->from_edge && map_->reduces) {
    const std::vector<std::int32_t>& starts = chunks_.front().starts;
    drain_.emplace(machine_, layout_, *map_,
                   std::vector<std::int32_t>(starts.begin() + (feed_ ? feed_->channels() : 0), starts.end()));
  }
  edge_.clear();
}

/// False: columns that were taken for copies are none.
bool MatrixTimer::run_rounds(const Chunk& chunk) {
  for (int index = 0; index < chunk.rounds; ++index) {
    const std::int32_t* edge = feed_ ? feed_->round(chunk.starts, chunk.first, chunk.rounds, index) : nullptr;
    if (edge && keep_edge_) edge_.insert(edge_.end(), edge, edge + feed_->rows());
    lane_.run_round(chunk.first + index, edge, drain_ ? drain_->room() : nullptr);
    if (lane_.copies_failed()) return false;
    if (drain_) drain_->round([this](int position) { return lane_.sink_issue(position); });
  }
  return true;
}

// At the foot of a chain some lines have another distance than those behind them, and from time to time one more of
// them has: then more of the lines behind them are simulated, too.
void MatrixTimer::spare_more() {
  constexpr int first = 4, factor = 4;
  spared_ = std::max(first, spared_ * factor);
  find_copies_ = !map_->lines_are_rows && 2 * spared_ < map_->lines;
}

// Simulates the newest chunk, from where the lane stands or can stand on.
ChunkRun MatrixTimer::simulate() {
  const std::size_t newest = chunks_.size() - 1;
  begin_at(newest);
  while (simulated_ <= newest) {
    if (simulated_ == newest && timed_ != newest) lane_times_ = lane_.times();
    if (simulated_ == newest && map_->from_edge) lane_.take_edge_slack();
    const int added = lane_.rounds_added();
    if (run_rounds(chunks_[simulated_])) {
      if (simulated_++ == newest) rounds_added_ += lane_.rounds_added() - added;
      continue;
    }
    // From the launch's begin again; what was told so far held.
    spare_more();
    simulated_ = 0;
    begin_at(0);
  }
  const Chunk& now = chunks_.back();
  ChunkRun run;
  run.input = input_of(now);
  const LaunchTimes before = std::exchange(lane_times_, lane_.times());
  timed_ = simulated_;
  run.times = lane_times_.since(before);
  run.times.end -= now.origin;
  if (feed_) run.marks.left = lane_.edge_departure() - now.origin;
  if (drain_) run.marks.drained = drain_->done() - now.origin;
  if (drain_) run.drain_channels = drain_->channels();
  for (std::int32_t& channel : run.drain_channels) channel -= now.origin;
  if (!walks_) return run;
  if (map_->from_edge) run.slack = channel_slack(now.starts.size());
  const bool kept = find_copies_ && walks_->room() && lane_.give_state(walks_->rows(), state_);
  if (kept) run.origin = lane_.state_origin() - now.origin;
  return walks_->add(now.state, std::move(run), kept ? &state_ : nullptr);
}

const char* MatrixTimer::how() const {
  if (memo_ == nullptr) return "all: fast-forward is off";
  if (rounds_added_ == map_->rounds) return "none: repeats what was simulated";
  if (!find_copies_) return "all: room downstream ran out, so columns did not stay copies";
  if (rounds_added_ > 0) return "some rounds: the others repeat what was simulated";
  if (pe_rounds() < std::int64_t{map_->rounds} * map_->lines * map_->positions) return "one of each kind of column";
  return "all: columns are not copies of each other, or the wafer is cut";
}

const LaunchTimes& MatrixTimer::close() {
  if (drain_channels_.size() < channels_after_.size()) drain_channels_.resize(channels_after_.size(), 0);
  for (std::size_t channel = 0; channel < channels_after_.size(); ++channel)
    drain_channels_[channel] = start_ + channels_after_[channel];
  return result_;
}

}  // namespace weft::hw
