#include "hw/fast_forward/steady_runs.h"

#include <algorithm>

#include "hw/fast_forward/tuning.h"

namespace weft::hw {

namespace {

/// The stream of one line in one round.
class LineRun {
 public:
  LineRun(StreamReduce& engine, int line, int owner)
      : engine_(engine),
        state_(engine.state()),
        line_(line),
        owner_(owner),
        positions_(engine.shape().positions),
        active_(engine.sizes().active()) {}

  /// After wavelet k. By how much every time of it is later than that of the one before, or 0 if not all by the same.
  std::int32_t distance(std::int64_t k) const {
    const std::int32_t *now = state_.depart.row(line_, k), *before = state_.depart.row(line_, k - 1);
    const std::int32_t distance = now[0] - before[0];
    std::int32_t moved = now[-1] ^ (before[-1] + distance);
    if (now[-1] == never_binds && before[-1] == never_binds) moved = 0;
    for (int p = 0; p < positions_; ++p) moved |= now[p] ^ (before[p] + distance);
    const std::int32_t *taken = state_.consume.row(line_, k), *taken_before = state_.consume.row(line_, k - 1);
    for (int p = 0; p < active_; ++p) moved |= taken[p] ^ (taken_before[p] + distance);
    // An owner without elements fills its queue before it is in step with what leaves that.
    if (owner_ >= active_) moved |= taken[owner_] ^ (taken_before[owner_] + distance);
    return moved == 0 ? distance : 0;
  }

  /// How many wavelets behind k meet no sum on a ramp.
  std::int64_t clear(std::int64_t k, std::int32_t distance) const {
    if (state_.receivers.known_at(line_)) return 0;
    return state_.sums.of(line_).clear_steps(state_.depart.row(line_, k), 0, active_, distance);
  }

  /// All times of the last `history` wavelets up to k are `distance` apart, and all operands of the recurrences lie
  /// among them (the edge's own times grow by 1, no more than the rest): the next `rest` wavelets keep the distance.
  void add(std::int64_t k, int rest, std::int32_t distance) {
    const std::int32_t shift = rest * distance;
    const int history = engine_.timing().history;
    const auto move = [&](TimeRings& rings, int first, int last) {
      const std::int32_t* now = rings.row(line_, k);
      newest_.assign(now + first, now + last);
      for (int back = 0; back < history; ++back) {
        std::int32_t* to = rings.row(line_, k + rest - back) + first;
        for (std::size_t p = 0; p < newest_.size(); ++p)
          if (newest_[p] != never_binds) to[p] = newest_[p] + shift - back * distance;
      }
    };
    move(state_.depart, -1, positions_ + 1);
    move(state_.consume, 0, active_);
    if (owner_ < 0) return;  // the others' state follows when they take the control wavelet
    if (owner_ >= active_) move(state_.consume, owner_, owner_ + 1);
    const std::int32_t length = state_.sizes.length()[owner_];
    const std::int32_t fill = owner_ < active_ ? std::max(0, engine_.timing().fill - length) : 0;
    engine_.books().row(&PartBooks::stall, line_)[owner_] += rest * fill;
    engine_.books().row(&PartBooks::blocked, line_)[owner_] += rest * (distance - length - fill);
    state_.free.row(line_)[owner_] += shift;
    if (owner_ < active_) state_.ready.row(line_)[owner_] += shift;
  }

 private:
  StreamReduce& engine_;
  StreamState& state_;
  int line_, owner_, positions_, active_;
  Times newest_;
};

}  // namespace

std::int64_t stream_in_runs(StreamReduce& engine, int line, const StreamReduce::Source& source) {
  const int data = engine.sizes().data(line), history = engine.timing().history;
  if (engine.shape().lists || data <= tuning::least_run * history) {
    engine.stream(line, 0, data + 1, source);
    return 0;
  }
  LineRun run(engine, line, source.owner);
  const std::int64_t base = engine.sizes().wavelets_before(line);
  std::int64_t added = 0;
  std::int32_t distance = 0;
  int steady = 0;
  for (int offset = 0; offset <= data; ++offset) {
    engine.stream(line, offset, offset + 1, source);
    if (offset == 0) continue;
    const std::int32_t now = run.distance(base + offset);
    steady = now > 0 && now == distance ? steady + 1 : 0;
    distance = now;
    if (steady < history) continue;
    const auto rest = static_cast<int>(std::min<std::int64_t>(data - 1 - offset, run.clear(base + offset, distance)));
    if (rest < history) continue;
    run.add(base + offset, rest, distance);
    added += std::int64_t{rest} * engine.shape().positions;
    offset += rest;
    steady = 0;
  }
  return added;
}

std::int64_t stream_in_runs(StreamReduce& engine, const StreamReduce::Source& source, const std::int32_t* sink_ready,
                            int owner_line) {
  std::int64_t added = 0;
  for (int line = engine.shape().chain - 1; line >= 0; --line) {
    added += stream_in_runs(engine, line, source);
    engine.open_reduction(line, sink_ready);
    for (int element = 0; element < engine.sizes().early_elements(); ++element)
      engine.reduce_early(line, element, owner_line);
  }
  return added;
}

}  // namespace weft::hw
