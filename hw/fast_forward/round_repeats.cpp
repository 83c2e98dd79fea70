#include "hw/fast_forward/round_repeats.h"

#include <algorithm>
#include <functional>

#include "hw/fast_forward/tuning.h"

namespace weft::hw {

bool RoundRepeats::watches(int owner) {
  if (owner == seen_) return watching_;
  seen_ = owner;
  if (watching_) {
    skip_ = found_ ? 0 : std::min(2 * skip_ + 1, tuning::most_skipped_owners);
    skipped_ = 0;
  } else {
    ++skipped_;
  }
  watching_ = skipped_ == skip_;
  if (watching_) found_ = false;
  return watching_;
}

void RoundRepeats::note(const StreamReduce& engine, int owner, const EngineTimes& times) {
  bool same = owner == owner_ && engine.sizes().rounds() == noted_ + 1;
  Row row;
  const auto keep = [&](Row& before) {
    same &= row == before;
    before.swap(row);
    row.clear();
  };
  engine.state().save_common(row);
  keep(common_);
  lines_.resize(static_cast<std::size_t>(engine.shape().chain));
  for (std::size_t line = 0; line < lines_.size(); ++line) {
    engine.state().save_line(static_cast<int>(line), row);
    keep(lines_[line]);
  }
  cycles_ = same ? engine.state().origin() - origin_ : 0;
  row = engine.books().cycles();
  if (same) {
    round_books_.resize(row.size());
    std::transform(row.begin(), row.end(), books_.begin(), round_books_.begin(), std::minus<>());
    round_times_ = times.since(times_);
  }
  books_.swap(row);
  opens_ = engine.opens();
  times_ = times;
  origin_ = engine.state().origin();
  owner_ = owner;
  noted_ = engine.sizes().rounds();
}

bool RoundRepeats::adds(const StreamReduce& engine, int owner, const std::int32_t* sink_ready) {
  if (cycles_ == 0 || owner != owner_ || engine.sizes().rounds() != noted_) return false;
  if (sink_ready && !same_room(engine, sink_ready, (added_ + 1) * cycles_)) return false;
  ++added_;
  found_ = true;
  return true;
}

bool RoundRepeats::same_room(const StreamReduce& engine, const std::int32_t* sink_ready, std::int32_t cycles) const {
  for (int p = 0; p < engine.sizes().active(); ++p) {
    const std::int32_t began = engine.state().ready.row(0)[p] - engine.timing().fill;
    if (std::max(opens_[static_cast<std::size_t>(p)] + cycles, sink_ready[p]) != began + cycles) return false;
  }
  return true;
}

EngineTimes RoundRepeats::times() const {
  EngineTimes times = times_;
  times.add(round_times_, added_);
  times.mapped = times_.mapped;
  times.end = times_.end + cycles();
  return times;
}

void RoundRepeats::settle(StreamReduce& engine) {
  if (added_ == 0) return;
  times_ = times();
  engine.state().load_common(common_, noted_ + added_, origin_ + cycles());
  for (std::size_t line = 0; line < lines_.size(); ++line)
    engine.state().load_line(static_cast<int>(line), lines_[line]);
  engine.books().add(added_, round_books_);
  books_ = engine.books().cycles();
  for (std::int32_t& opens : opens_) opens += cycles();
  origin_ += cycles();
  noted_ += added_;
  added_ = 0;
}

}  // namespace weft::hw
