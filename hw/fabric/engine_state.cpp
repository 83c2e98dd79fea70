// What an engine remembers between two rounds, so that another may go on from it: times relative to the origin, the
// newest of each ring first.
#include "hw/fabric/engine_state.h"

#include <algorithm>

#include "hw/fabric/stream_reduce.h"
#include "tlm/base/split_mix.h"

namespace weft::hw {

// All times of a line, in one order, neighbouring positions together; the times of the link to the line below are that
// line's.
template <typename Engine, typename Visit>
void StreamReduce::each_row(Engine& engine, int line, Visit&& visit) {
  const std::size_t width = engine.width_;
  const auto visit_row = [&](auto& times, std::size_t row, std::size_t stride, std::size_t first, std::size_t last) {
    visit(times.data() + row * stride + first, last - first);
  };
  const auto l = static_cast<std::size_t>(line);
  const auto active = static_cast<std::size_t>(engine.active_);
  const std::int64_t wavelets = engine.wavelets_before(line);
  for (int back = 1; back <= engine.timing_.history; ++back) {
    visit_row(engine.stream_.depart, engine.ring(line, wavelets - back), width + 2, 0, width + 2);
    visit_row(engine.stream_.consume, engine.ring(line, wavelets - back), width, 0, active);
    for (const Group& group : engine.groups_) {
      const std::int64_t element = group.summed - back;
      const auto first = static_cast<std::size_t>(group.first), last = static_cast<std::size_t>(group.last);
      visit_row(engine.chain_.element, engine.ring(line, element), width, first, last);
      visit_row(engine.chain_.leave, engine.ring(line, element), width, first, last);
      visit_row(engine.chain_.arrive, engine.ring(line + 1, element), width, first, last);
    }
  }
  for (auto* times : {&engine.free_, &engine.ready_, &engine.issue_}) visit_row(*times, l, width, 0, active);
  visit_row(engine.free_, l, width, static_cast<std::size_t>(engine.first_sender()), width);
}

// Wavelets of the stream and elements of the sum cross a line's ramps one after the other.
std::vector<std::int32_t> StreamReduce::newest_on_ramp(int line) const {
  const std::int32_t* departs = depart_row(line, wavelets_before(line) - 1) + 1;
  std::vector<std::int32_t> newest(departs, departs + width_);
  if (line + 1 == shape_.chain) return newest;
  for (const Group& group : groups_) {
    const std::int32_t* arrives = chain_.arrive.data() + ring(line + 1, group.summed - 1) * width_;
    for (int p = group.first; p < group.last; ++p)
      newest[static_cast<std::size_t>(p)] = std::min(newest[static_cast<std::size_t>(p)], arrives[p]);
  }
  return newest;
}

// A line's times are told from its own first one, so that lines further up or down and later rounds have equal rows.
void StreamReduce::save_line(int line, std::vector<std::int32_t>& to) const {
  const std::int32_t origin = row(free_, line)[0];
  const std::size_t begin = to.size(), most = history() * (5 * width_ + 2) + 3 * width_;
  to.resize(begin + most);
  std::int32_t* next = to.data() + begin;
  each_row(*this, line, [&](const std::int32_t* times, std::size_t count) {
    for (std::size_t at = 0; at < count; ++at) *next++ = times[at] == never_binds ? never_binds : times[at] - origin;
  });
  to.resize(static_cast<std::size_t>(next - to.data()));
  sums_[static_cast<std::size_t>(line)].save(origin, wavelets_before(line), to);
  receivers_.save(line, origin, receivers_.known_at(line) ? newest_on_ramp(line) : Times(), to);
}

void StreamReduce::save_common(std::vector<std::int32_t>& to) const {
  for (int line = 0; line < shape_.chain; ++line) to.push_back(row(free_, line)[0] - state_origin());
  for (const std::int32_t time : chain_.returned)
    to.push_back(time == never_binds ? never_binds : time - state_origin());
}

void StreamReduce::load_common(const std::vector<std::int32_t>& from, std::int64_t rounds, std::int32_t origin) {
  set_rounds(rounds);
  first_round_ = rounds;
  auto next = from.begin();
  for (int line = 0; line < shape_.chain; ++line) row(free_, line)[0] = *next++ + origin;
  for (std::int32_t& time : chain_.returned) {
    time = *next++;
    if (time != never_binds) time += origin;
  }
}

void StreamReduce::load_line(int line, const std::vector<std::int32_t>& from) {
  const std::int32_t origin = row(free_, line)[0];
  auto next = from.begin();
  each_row(*this, line, [&](std::int32_t* times, std::size_t count) {
    std::transform(next, next + static_cast<std::ptrdiff_t>(count), times,
                   [origin](std::int32_t time) { return time == never_binds ? time : time + origin; });
    next += static_cast<std::ptrdiff_t>(count);
  });
  receivers_.load(line, origin, sums_[static_cast<std::size_t>(line)].load(origin, wavelets_before(line), &*next));
}

void StreamReduce::save_books(std::vector<std::int32_t>& to) const {
  for (const Times* books : {&books_.wait_stream, &books_.wait_sum, &books_.blocked, &books_.stall})
    to.insert(to.end(), books->begin(), books->end());
}

bool StreamReduce::same_room(const std::int32_t* sink_ready, std::int32_t cycles) const {
  for (int p = 0; p < active_; ++p) {
    const std::int32_t opens = chain_.opens[static_cast<std::size_t>(p)], began = row(ready_, 0)[p] - timing_.fill;
    if (std::max(opens + cycles, sink_ready[p]) != began + cycles) return false;
  }
  return true;
}

void StreamReduce::add_rounds(int rounds, std::int32_t cycles, const std::vector<std::int32_t>& common,
                              const std::vector<std::vector<std::int32_t>>& lines,
                              const std::vector<std::int32_t>& books) {
  const std::int64_t began = first_round_;
  load_common(common, rounds_ + rounds, state_origin() + cycles);
  first_round_ = began;
  for (std::size_t line = 0; line < lines.size(); ++line) load_line(static_cast<int>(line), lines[line]);
  auto of_round = books.begin();
  for (Times* times : {&books_.wait_stream, &books_.wait_sum, &books_.blocked, &books_.stall})
    for (std::int32_t& time : *times) time += rounds * *of_round++;
  for (std::int32_t& opens : chain_.opens) opens += cycles;
}

std::int32_t StateRows::number(const Row& row, std::int32_t likely) {
  if (likely >= 0 && rows_[static_cast<std::size_t>(likely)] == row) return likely;
  if (table_.size() < 2 * (rows_.size() + 1)) {
    table_.assign(std::max<std::size_t>(64, 2 * table_.size()), -1);
    for (std::size_t known = 0; known < rows_.size(); ++known) {
      std::size_t at = place(hashes_[known]);
      while (table_[at] >= 0) at = next(at);
      table_[at] = static_cast<std::int32_t>(known);
    }
  }
  std::uint64_t hash = row.size();
  for (const std::int32_t value : row) hash = (hash ^ static_cast<std::uint32_t>(value)) * split_mix_gamma;
  std::size_t at = place(hash);
  for (; table_[at] >= 0; at = next(at)) {
    const auto known = static_cast<std::size_t>(table_[at]);
    if (hashes_[known] == hash && rows_[known] == row) return table_[at];
  }
  table_[at] = static_cast<std::int32_t>(rows_.size());
  rows_.push_back(row);
  hashes_.push_back(hash);
  bytes_ += row.size() * sizeof(std::int32_t);
  return table_[at];
}

// The upper half of the product depends on all of the row.
std::size_t StateRows::place(std::uint64_t hash) const { return (hash >> 32U) & (table_.size() - 1); }
std::size_t StateRows::next(std::size_t place) const { return (place + 1) & (table_.size() - 1); }

void give_state(const StreamReduce& engine, const Fold& fold, StateRows& rows, EngineState& state) {
  const int lines = engine.shape().chain;
  StateRows::Row row{fold.shift};
  row.insert(row.end(), fold.first.begin(), fold.first.end());
  row.insert(row.end(), fold.copies.begin(), fold.copies.end());
  state.resize(static_cast<std::size_t>(lines) + 2, -1);
  state[0] = rows.number(row, state[0]);
  row.clear();
  engine.save_common(row);
  state[1] = rows.number(row, state[1]);
  for (int line = 0; line < lines; ++line) {
    row.clear();
    engine.save_line(line, row);
    std::int32_t& number = state[static_cast<std::size_t>(line) + 2];
    number = rows.number(row, number);
  }
}

Fold fold_of(const EngineState& state, const StateRows& rows) {
  const StateRows::Row& row = rows.row(state.front());
  const auto first = row.begin() + 1, copies = first + (row.end() - first) / 2;
  return {false, row.front(), {first, copies}, {copies, row.end()}};
}

void take_state(StreamReduce& engine, const EngineState& state, const StateRows& rows, int rounds) {
  engine.load_common(rows.row(state[1]), rounds, 0);
  for (int line = 0; line < engine.shape().chain; ++line)
    engine.load_line(line, rows.row(state[static_cast<std::size_t>(line) + 2]));
  engine.begin();
}

}  // namespace weft::hw
