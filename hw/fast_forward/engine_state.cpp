#include "hw/fast_forward/engine_state.h"

#include "tlm/base/split_mix.h"

namespace weft::hw {

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
  engine.state().save_common(row);
  state[1] = rows.number(row, state[1]);
  for (int line = 0; line < lines; ++line) {
    row.clear();
    engine.state().save_line(line, row);
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
  engine.state().load_common(rows.row(state[1]), rounds, 0);
  for (int line = 0; line < engine.shape().chain; ++line)
    engine.state().load_line(line, rows.row(state[static_cast<std::size_t>(line) + 2]));
  engine.begin();
}

}  // namespace weft::hw
