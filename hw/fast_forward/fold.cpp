// Finds columns that are copies of each other and builds the engine that simulates one of each.
#include "hw/fast_forward/fold.h"

#include <algorithm>
#include <numeric>

namespace weft::hw {

namespace {

Fold copies_of_positions(const StreamReduce& engine, int spared) {
  Fold fold;
  fold.shift = engine.timing().hop;
  const std::vector<std::int32_t> differs = engine.state().differing_positions(fold.shift);
  const int positions = engine.shape().positions;
  for (int position = 0; position < positions;) {
    int next = position + 1;
    while (next < positions && differs[static_cast<std::size_t>(next)] == 0) ++next;
    const int alone = next < positions ? std::min(spared, next - position) : 0;
    if (const int copies = next - position - alone; copies > 0) {
      fold.first.push_back(position);
      fold.copies.push_back(copies);
    }
    for (position = next - alone; position < next; ++position) {
      fold.first.push_back(position);
      fold.copies.push_back(1);
    }
  }
  return fold;
}

// Along the chain, from its foot. Line 0 hands its sums to the edge and stands for itself.
Fold copies_of_lines(const StreamReduce& engine, int spared) {
  const StreamReduceShape& shape = engine.shape();
  Fold fold;
  fold.of_lines = true;
  int position = 0;  // that had a sum: others' columns are not seen to follow each other
  if (shape.lists)
    for (const RoundSizes::Group& group : engine.sizes().groups())
      if (group.elements > 0) position = group.first;
  const auto issue = [&](int line) { return engine.state().issue.row(line)[position]; };
  fold.shift = shape.chain > 2 ? issue(shape.chain / 2) - issue(shape.chain / 2 + 1) : 0;
  // A column whose lists are not the one's before it may be later than them; the next one never is, because what it
  // gets is as late: with that one a group begins. Lists longer than the queues on their way are held up by the next
  // column's, but for the last columns' lists.
  if (shape.lists) ++spared;
  const int last = shape.lists ? *std::max_element(shape.elements.begin(), shape.elements.end()) /
                                         std::max(1, engine.timing().link_queue) +
                                     2
                               : 0;
  int alike = 0;
  for (int line = shape.chain - 1; line >= 0; --line) {
    const bool copy =
        line > last && line + 2 < shape.chain && fold.shift > 0 && engine.state().line_follows(line, fold.shift);
    alike = copy ? alike + 1 : 0;
    if (alike > spared) {
      ++fold.copies.back();
    } else {
      fold.first.push_back(line);
      fold.copies.push_back(1);
    }
  }
  std::reverse(fold.first.begin(), fold.first.end());
  std::reverse(fold.copies.begin(), fold.copies.end());
  return fold;
}

/// Of lists that have been taken over from `all`: which departures are alike in all copies.
void mark_alike(ListTimes& lists, const ListTimes& all, const Fold& fold) {
  for (int group = 0; group < lists.chain; ++group) {
    const int line = fold.first[static_cast<std::size_t>(group)];
    for (int position = 0; position < lists.positions; ++position) {
      const std::int32_t* left = all.ring(all.depart, position, line);
      std::uint8_t* known = lists.ring(lists.known, position, group);
      std::fill_n(known, lists.history, ListTimes::exact | ListTimes::alike);
      for (int copy = 1; copy < fold.copies[static_cast<std::size_t>(group)]; ++copy) {
        const std::int32_t* copy_left = all.ring(all.depart, position, line - copy);
        for (int back = 0; back < lists.history; ++back)
          if (copy_left[back] != left[back] + copy * fold.shift) known[back] = ListTimes::exact;
      }
    }
  }
}

/// Of lists that copies have taken over from the one that stood for them: of a departure whose copies are not alike
/// only a bound is known, for all but the first of them.
void mark_bounds(ListTimes& lists, const Fold& fold) {
  for (std::size_t group = 0; lists.chain > 0 && group < fold.first.size(); ++group) {
    for (int copy = 0; copy < fold.copies[group]; ++copy) {
      std::uint8_t* known = lists.ring(lists.known, 0, fold.first[group] - copy);
      std::transform(known, known + lists.positions * lists.history, known, [copy](std::uint8_t of) -> std::uint8_t {
        if (copy == 0) return of | ListTimes::alike;
        return (of & ListTimes::alike) != 0 ? of : 0;
      });
    }
  }
}

}  // namespace

Fold without_last(const Fold& fold, int group, int lines) {
  Fold result = fold;
  const auto at = static_cast<std::ptrdiff_t>(group);
  int& copies = result.copies[static_cast<std::size_t>(group)];
  const int last = fold.first[static_cast<std::size_t>(group)] - copies + 1, alone = std::min(lines, copies - 1);
  copies -= alone;
  std::vector<int> of_last(static_cast<std::size_t>(alone));
  std::iota(of_last.begin(), of_last.end(), last);
  result.first.insert(result.first.begin() + at, of_last.begin(), of_last.end());
  result.copies.insert(result.copies.begin() + at, of_last.size(), 1);
  return result;
}

Fold find_fold(const StreamReduce& engine, bool of_lines, int spared) {
  return of_lines ? copies_of_lines(engine, spared) : copies_of_positions(engine, spared);
}

StreamReduceShape folded(const StreamReduceShape& whole, const Fold& fold) {
  StreamReduceShape shape = whole;
  const auto pick = [&fold](std::vector<int>& counts) {
    std::vector<int> picked;
    for (const int first : fold.first) picked.push_back(counts[static_cast<std::size_t>(first)]);
    counts.swap(picked);
  };
  const auto groups = static_cast<int>(fold.first.size());
  shape.copies.shift = fold.shift;
  if (fold.of_lines) {
    pick(shape.wavelets);
    shape.lines = shape.chain = groups;
    shape.copies.of_line = fold.copies;
  } else {
    pick(shape.elements);
    shape.positions = groups;
    shape.copies.of_position = fold.copies;
  }
  return shape;
}

StreamReduce folded(const StreamReduce& engine, const Fold& fold) {
  StreamReduce result(engine.timing(), folded(engine.shape(), fold));
  if (fold.of_lines) {
    std::vector<LineSource> sources;
    for (const int first : fold.first) sources.push_back({first, 0});
    result.state().take_lines(engine.state(), sources);
    mark_alike(result.state().lists, engine.state().lists, fold);
  } else {
    result.state().take_positions(engine.state(), fold.first);
    result.books().edge_slack = engine.books().edge_slack;
  }
  result.begin();
  return result;
}

StreamReduce unfolded(const StreamReduce& engine, const StreamReduceShape& whole, const Fold& fold) {
  StreamReduce result(engine.timing(), whole);
  std::vector<LineSource> sources(static_cast<std::size_t>(whole.chain));
  for (std::size_t group = 0; group < fold.first.size(); ++group)
    for (int copy = 0; copy < fold.copies[group]; ++copy)
      sources[static_cast<std::size_t>(fold.first[group] - copy)] = {static_cast<int>(group), copy * fold.shift};
  result.state().take_lines(engine.state(), sources);
  mark_bounds(result.state().lists, fold);
  result.begin();
  return result;
}

}  // namespace weft::hw
