#include "hw/csx/matrix_timer.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "tlm/base/checked.h"
#include "tlm/base/error.h"

namespace weft::hw {

namespace {

constexpr const char* late_words = "the wait of a matrix launch for its words";

}  // namespace

void MatrixTimer::open(const LaunchMap& map, LaunchMemo::Key key, RunCycle start) {
  map_ = &map;
  walks_ = memo_ ? &memo_->walks(key) : nullptr;
  start_ = start;
  chunks_.clear();
  lane_stands_.chunks = 0;
  lane_stands_.rounds = 0;
  next_ = {};
  rounds_added_ = 0;
  lane_stands_.state.clear();
  find_copies_ = memo_ != nullptr;
  place_.reset();
  all_from_ = never;
  result_ = {};
  channels_after_.clear();
  edge_.clear();
  feed_.reset();
  drain_.reset();
  guard_ = TimeGuard(machine_, layout_, map);
  lane_stands_.base = {};
  if (map.from_edge || map.lists()) feed_.emplace(machine_, layout_, map, order_, start, feed_channels_);
}

RunCycle MatrixTimer::feed(RunCycle ready, int rounds) { return chunk(feed_->arrive(ready, rounds), rounds).left; }

// Words of an earlier launch that are still on their way out, before the launch's first chunk.
std::vector<LaunchCycle> MatrixTimer::busy_drain() const {
  std::vector<LaunchCycle> busy;
  if (!chunks_.empty()) return busy;
  busy.resize(static_cast<std::size_t>(layout_.channels(map_->positions)));
  for (std::size_t channel = 0; channel < std::min(busy.size(), drain_channels_.size()); ++channel)
    busy[channel] = LaunchCycle(std::max<Cycle>(drain_channels_[channel] - start_, 0));
  return busy;
}

std::vector<RunCycle> MatrixTimer::drain_line(const LaunchMap& map, RunCycle start, const ColumnTimes& line) {
  constexpr const char* way = "the way out of a line kernel's sums";
  std::vector<std::int32_t> busy;
  for (const RunCycle until : drain_channels_) busy.push_back(launch_cycle(std::max<Cycle>(until - start, 0), way));
  EdgeDrain drain(machine_, layout_, map, busy);
  std::vector<std::size_t> sent(static_cast<std::size_t>(map.positions), 0);
  std::vector<RunCycle> at_edge;
  for (int round = 0; round < map.rounds; ++round) {
    drain.round([&](int position) {
      const auto row = static_cast<std::size_t>(position);
      sent[row] += static_cast<std::size_t>(map.elements_of(round, position));
      return launch_cycle((line.totals[row][sent[row] - 1] - 1 - machine_.router.ramp_cycles).since(), way);
    });
    at_edge.push_back(start + drain.done().since());
  }
  const Bytes most = 4 * static_cast<Bytes>(*std::max_element(sent.begin(), sent.end()));
  if (most > machine_.io.row_buffer_bytes)
    throw UsageError(fmt::format("io.row_buffer_bytes is {}; a norm's gradient leaves a row as {} bytes at once",
                                 machine_.io.row_buffer_bytes, most));
  drain_until(start, {drain.channels().begin(), drain.channels().end()});
  return at_edge;
}

void MatrixTimer::drain_until(RunCycle start, const std::vector<LaunchCycle>& channels) {
  if (drain_channels_.size() < channels.size()) drain_channels_.resize(channels.size());
  for (std::size_t channel = 0; channel < channels.size(); ++channel)
    drain_channels_[channel] = start + channels[channel].since();
}

RunCycle MatrixTimer::drain(int rounds) { return chunk(busy_drain(), rounds).drained; }

EdgeMarks MatrixTimer::feed_and_drain(RunCycle ready, int rounds) {
  std::vector<LaunchCycle> starts = feed_->arrive(ready, rounds);
  const std::vector<LaunchCycle> busy = busy_drain();
  starts.insert(starts.end(), busy.begin(), busy.end());
  return chunk(std::move(starts), rounds);
}

void MatrixTimer::run(int rounds) { chunk({}, rounds); }

// Every PE waits for the stream, all else is at rest, and what was is too long ago to matter: cycles that can be added
// to the wait of all.
Cycle MatrixTimer::rest_before_chunk() const {
  const auto idle = [](int elements) { return elements == 0; };
  if (!map_->from_edge || std::any_of(map_->elements.begin(), map_->elements.end(), idle)) return 0;
  const LaunchCycle first_word = *std::min_element(next_.starts.begin(), next_.starts.end());
  const Cycle rest = first_word - result_.end - guard_.longest_round();
  return rest < least_rest_ ? 0 : rest;
}

EdgeMarks MatrixTimer::chunk(std::vector<LaunchCycle> starts, int rounds) {
  next_.starts = std::move(starts);
  next_.rounds = rounds;
  next_.all_handed_on = feed_ ? feed_->all_handed_on() : LaunchCycle();
  const Cycle rest = rest_before_chunk();
  next_.waited += rest;
  next_.origin += rest;
  result_.of(proto::TimeClass::wait_stream) += rest * map_->chain * map_->positions;
  chunks_.push_back(next_);
  const Chunk& now = chunks_.back();
  const ChunkRun* run = walks_ ? walks_->find(now.state, input_of(now)) : nullptr;
  if (!run) return append(simulate());
  rounds_added_ += rounds;
  return append(*run);
}

// What the launch shows of a chunk, and where the next one begins.
EdgeMarks MatrixTimer::append(const ChunkRun& run) {
  const RunCycle origin = start_ + next_.origin.since();
  result_.append(run.times.from(next_.origin));
  channels_after_.clear();
  for (const std::int32_t channel : run.drain_channels) channels_after_.push_back(next_.origin + channel);
  next_.first += next_.rounds;
  next_.state = run.next;
  next_.origin += run.origin.since();
  return {origin + run.marks.left.since(), origin + run.marks.drained.since()};
}

ChunkInput MatrixTimer::input_of(const Chunk& chunk) const {
  ChunkInput input;
  const int end = chunk.first + chunk.rounds;
  for (int round = chunk.first; round < end; ++round)
    input.rounds.push_back(map_->kept ? round : 2 * map_->owner_row(round) + (map_->advances(round) ? 1 : 0));
  for (const LaunchCycle start : chunk.starts) input.starts.push_back(launch_cycle(start - chunk.origin, late_words));
  return input;
}

EdgeFeed::Starts MatrixTimer::lane_starts(const Chunk& chunk) const {
  const LaunchCycle origin = lane_origin(chunk);
  launch_cycle(chunk.all_handed_on - origin, late_words);
  EdgeFeed::Starts starts;
  for (const LaunchCycle start : chunk.starts) starts.channels.push_back(launch_cycle(start - origin, late_words));
  starts.before_launch = launch_cycle(LaunchCycle(-1) - origin, late_words);
  return starts;
}

void MatrixTimer::look_at_times() const {
  launch_cycle(std::max(lane_.times().end, drain_ ? drain_->done() : EngineCycle()).since(),
               "the time that a matrix launch takes");
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
// launch's begin. Where it stands there but the cycle that its times are told from is far, a kept state brings it near.
void MatrixTimer::begin_at(std::size_t chunk) {
  const auto far = [this](const Chunk& now) { return now.origin - lane_origin(now) > farthest_cycle / 2; };
  for (std::size_t at = chunk; find_copies_ && at > 0 && at >= lane_stands_.chunks; --at) {
    if (at == lane_stands_.chunks && (lane_stands_.rounds > 0 || !far(chunks_[at]))) break;
    if (const EngineState* state = walks_->kept(chunks_[at].state)) {
      lane_.resume(walks_->rows(), *state, chunks_[at].first);
      lane_stands_.base = chunks_[at].origin - chunks_[at].waited;
      lane_stands_.state = *state;
      lane_stands_.chunks = lane_stands_.timed = at;
      lane_stands_.times = {};
      return;
    }
  }
  if (lane_stands_.chunks > 0) return;
  lane_stands_.base = {};
  lane_.begin_time({memo_ != nullptr, find_copies_});
  place_.reset();
  lane_stands_.timed = 0;
  lane_stands_.times = {};
  if (!map_->from_edge && map_->reduces) {
    std::vector<std::int32_t> busy;
    const std::vector<LaunchCycle>& starts = chunks_.front().starts;
    std::transform(
        starts.begin() + (feed_ ? feed_->channels() : 0), starts.end(), std::back_inserter(busy),
        [](LaunchCycle until) { return launch_cycle(until.since(), "the way out of an earlier launch's sums"); });
    drain_.emplace(machine_, layout_, *map_, busy);
  }
  edge_.clear();
}

/// A round in which columns that were taken for copies are none.
std::optional<int> MatrixTimer::run_rounds() {
  const Chunk& chunk = chunks_[lane_stands_.chunks];
  const LaunchCycle origin = lane_origin(chunk);
  const EdgeFeed::Starts starts = feed_ ? lane_starts(chunk) : EdgeFeed::Starts();
  for (int index = lane_stands_.rounds; index < chunk.rounds; ++index) {
    if (guard_.look_before_round()) look_at_times();
    keep_place(index);
    const std::int32_t* edge = feed_ ? feed_->round(starts, chunk.first, chunk.rounds, index) : nullptr;
    if (edge && keep_edge_)
      std::transform(edge, edge + feed_->rows(), std::back_inserter(edge_),
                     [origin](std::int32_t before) { return launch_cycle((origin + before).since(), late_words); });
    lane_.run_round(chunk.first + index, edge, drain_ ? drain_->room() : nullptr);
    if (lane_.copies_failed()) return chunk.first + index;
    if (drain_) drain_->round([this](int position) { return lane_.sink_issue(position); });
  }
  return std::nullopt;
}

void MatrixTimer::keep_place(int rounds) {
  if (!lane_.lines_folded()) return;
  const int round = chunks_[lane_stands_.chunks].first + rounds;
  if (place_ && round < chunks_[place_->chunk].first + place_->rounds + tuning::rounds_between_places) return;
  place_.emplace(Place{lane_stands_.chunks, rounds, lane_.place(), {}, drain_, edge_.size()});
  if (feed_) place_->feed = feed_->place();
}

// What was told so far held. Lines: from the last place again, of some more lines where that is enough; else in the
// round that failed all of them are simulated; of lists also in some before it, so that it finds nothing of which only
// a bound is known. If it did, from the launch's begin, and in some more. Positions: from the launch's begin, with
// fewer copies or none.
void MatrixTimer::go_back(int failed) {
  const int rounds_before = map_->lists() ? FabricTiming(machine_).history : 0;
  const bool folded = lane_.lines_folded();
  lane_stands_.chunks = 0;
  lane_stands_.rounds = 0;
  if (map_->lines_are_rows) {
    find_copies_ = lane_.spare_positions();
    return begin_at(0);
  }
  const bool spared = folded && place_ && lane_.go_back_and_spare(place_->lane, failed);
  if (!spared) {
    all_from_ = std::max(0, (folded ? failed : std::min(failed, all_from_)) - rounds_before);
    lane_.simulate_all(all_from_, failed);
    if (!place_ || !(folded || chunks_[place_->chunk].first + place_->rounds <= all_from_)) return begin_at(0);
    lane_.go_back(place_->lane);
  }
  lane_stands_.chunks = place_->chunk;
  lane_stands_.rounds = place_->rounds;
  if (lane_stands_.chunks + 1 < chunks_.size()) lane_stands_.timed = chunks_.size();
  if (feed_) feed_->go_back(*place_->feed);
  drain_.reset();
  if (place_->drain) drain_.emplace(*place_->drain);
  edge_.resize(place_->edge);
  if (spared) place_.reset();  // the next one is of more lines
}

// Simulates the newest chunk, from where the lane stands or can stand on.
ChunkRun MatrixTimer::simulate() {
  const std::size_t newest = chunks_.size() - 1;
  begin_at(newest);
  int added = 0;
  while (lane_stands_.chunks <= newest) {
    if (lane_stands_.chunks == newest && lane_stands_.rounds == 0) {
      if (lane_stands_.timed != newest) lane_stands_.times = lane_.times();
      if (map_->from_edge) lane_.take_edge_slack();
      added = lane_.rounds_added();
    }
    if (const std::optional<int> failed = run_rounds()) {
      go_back(*failed);
      continue;
    }
    lane_stands_.rounds = 0;
    if (lane_stands_.chunks++ == newest) rounds_added_ += lane_.rounds_added() - added;
  }
  const Chunk& now = chunks_.back();
  ChunkRun run;
  run.input = input_of(now);
  const EngineTimes before = std::exchange(lane_stands_.times, lane_.times());
  lane_stands_.timed = lane_stands_.chunks;
  const Cycle later = lane_origin(now) - now.origin;  // than the chunk's origin is the lane's
  const auto told = [later](EngineCycle cycle) { return StateCycle(cycle.since() + later); };
  run.times = lane_stands_.times.since(before).from(told({}));
  if (feed_) run.marks.left = told(lane_.edge_departure());
  if (drain_) run.marks.drained = told(drain_->done());
  if (drain_) run.drain_channels = drain_->channels();
  for (std::int32_t& channel : run.drain_channels) channel = launch_cycle(channel + later, "the way out of sums");
  if (!walks_) return run;
  if (map_->from_edge) run.slack = channel_slack(now.starts.size());
  const bool kept = find_copies_ && walks_->room() && lane_.give_state(walks_->rows(), lane_stands_.state);
  if (kept) run.origin = told(lane_.state_origin());
  return walks_->add(now.state, std::move(run), kept ? &lane_stands_.state : nullptr);
}

const char* MatrixTimer::how() const {
  if (memo_ == nullptr) return "all: fast-forward is off";
  if (rounds_added_ == map_->rounds) return "none: repeats what was simulated";
  if (!find_copies_) return "all: room downstream ran out, so columns did not stay copies";
  if (rounds_added_ > 0) return "some rounds: the others repeat what was simulated";
  if (pe_rounds() < std::int64_t{map_->rounds} * map_->lines * map_->positions)
    return all_from_ == never ? "some columns: one of each kind"
                              : "some columns or all: one of each kind, and all while they were not copies";
  if (all_from_ != never) return "all: room downstream ran out, so columns did not stay copies";
  return "all: columns are not copies of each other, or the wafer is cut";
}

const LaunchTimes& MatrixTimer::close() {
  drain_until(start_, channels_after_);
  return result_;
}

}  // namespace weft::hw
