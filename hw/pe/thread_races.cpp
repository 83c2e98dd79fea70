#include "hw/pe/thread_races.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "hw/pe/instruction_text.h"

namespace weft::hw {

namespace {

constexpr Cycle until_it_leaves = std::numeric_limits<Cycle>::max();

bool holds(const WordRange& range, std::int64_t word) {
  return word >= range.first && word < range.end && (word - range.first) % range.step < range.words;
}

/// The first word that both have, strides and all; none: -1.
std::int64_t common_word(const WordRange& a, const WordRange& b) {
  if (!meet(a, b)) return -1;
  for (std::int64_t word = std::max(a.first, b.first); word < std::min(a.end, b.end); ++word)
    if (holds(a, word) && holds(b, word)) return word;
  return -1;
}

/// The first word that one writes and the other reads or writes; none: -1.
std::int64_t written_by(const VectorWords& writer, const VectorWords& other) {
  for (const WordRange& mine : writer.writes) {
    for (const WordRange& range : other.writes)
      if (const std::int64_t word = common_word(mine, range); word >= 0) return word;
    for (const WordRange& range : other.read)
      if (const std::int64_t word = common_word(mine, range); word >= 0) return word;
  }
  return -1;
}

}  // namespace

void ThreadRaces::use(int thread, const Instruction& instruction, const VectorWords& words, Cycle now) {
  if (!first_.empty()) return;
  Use& mine = uses_[static_cast<std::size_t>(thread)];
  mine = {words, instruction, until_it_leaves};
  if (words.listed) mine.words.read[1] = {};
  const Use& other = uses_[static_cast<std::size_t>(1 - thread)];
  if (now >= other.until) return;
  std::int64_t word = written_by(mine.words, other.words);
  if (word < 0) word = written_by(other.words, mine.words);
  if (word < 0) return;
  first_ = fmt::format("cycle {}: both threads use word {} at the same time: thread {} by {}, thread {} by {}", now,
                       word, thread, to_string(instruction), 1 - thread, to_string(other.instruction));
}

void ThreadRaces::leave(int thread, Cycle until) { uses_[static_cast<std::size_t>(thread)].until = until; }

void ThreadRaces::lengthen(int thread, Cycle cycles) {
  Use& use = uses_[static_cast<std::size_t>(thread)];
  if (use.until != until_it_leaves) use.until += cycles;
}

}  // namespace weft::hw
