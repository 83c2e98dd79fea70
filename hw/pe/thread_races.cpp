#include "hw/pe/thread_races.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "hw/pe/instruction_text.h"

namespace weft::hw {

namespace {

constexpr Cycle until_it_leaves = std::numeric_limits<Cycle>::max();

/// Where one writes what the other reads or writes; empty: nowhere.
WordRange written_by(const VectorWords& writer, const VectorWords& other) {
  for (const WordRange& mine : writer.writes) {
    const auto common = [&mine](const WordRange& range) {
      return WordRange{std::max(mine.first, range.first), std::min(mine.end, range.end)};
    };
    for (const WordRange& range : other.writes)
      if (meet(mine, range)) return common(range);
    for (const WordRange& range : other.read)
      if (meet(mine, range)) return common(range);
  }
  return {};
}

}  // namespace

void ThreadRaces::use(int thread, const Instruction& instruction, const VectorWords& words, Cycle now) {
  if (!first_.empty()) return;
  Use& mine = uses_[static_cast<std::size_t>(thread)];
  mine = {words, instruction, until_it_leaves};
  if (words.listed) mine.words.read[1] = {};
  const Use& other = uses_[static_cast<std::size_t>(1 - thread)];
  if (now >= other.until) return;
  WordRange at = written_by(mine.words, other.words);
  if (at.first == at.end) at = written_by(other.words, mine.words);
  if (at.first == at.end) return;
  first_ =
      fmt::format("cycle {}: both threads use words {} to {} at the same time: thread {} by {}, thread {} by {}", now,
                  at.first, at.end - 1, thread, to_string(instruction), 1 - thread, to_string(other.instruction));
}

void ThreadRaces::leave(int thread, Cycle until) { uses_[static_cast<std::size_t>(thread)].until = until; }

}  // namespace weft::hw
