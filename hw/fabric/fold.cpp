// Finds columns that are copies of each other, builds the engine that simulates one of each, and spreads its results.
#include "hw/fabric/fold.h"

#include <algorithm>
#include <numeric>

#include "hw/fabric/stream_reduce.h"

namespace weft::hw {

namespace {

/// Blocks of `stride` values, of which [first, first + wide) are picked.
void pick_columns(const std::vector<std::int32_t>& from, std::size_t stride, const std::vector<int>& columns,
                  std::size_t offset, std::vector<std::int32_t>& to) {
  const std::size_t wide = columns.size() + 2 * offset;
  to.assign(from.size() / stride * wide, 0);
  for (std::size_t block = 0; block < from.size() / stride; ++block) {
    const std::int32_t* source = from.data() + block * stride;
    std::int32_t* target = to.data() + block * wide;
    for (std::size_t side = 0; side < offset; ++side) {
      target[side] = source[side];
      target[wide - 1 - side] = source[stride - 1 - side];
    }
    for (std::size_t at = 0; at < columns.size(); ++at)
      target[offset + at] = source[offset + static_cast<std::size_t>(columns[at])];
  }
}

/// Rows of `stride` values; `lines` shifted by `offset` in both (rows below `offset` stay).
void pick_rows(const std::vector<std::int32_t>& from, std::size_t stride, const std::vector<int>& lines, int offset,
               std::vector<std::int32_t>& to) {
  if (from.empty()) return;
  const auto row = [&](std::vector<std::int32_t>::const_iterator begin, int index) {
    return begin + static_cast<std::ptrdiff_t>(stride) * index;
  };
  to.assign(from.begin(), row(from.begin(), offset));
  for (int line : lines) to.insert(to.end(), row(from.begin(), line + offset), row(from.begin(), line + offset + 1));
}

}  // namespace

// Per position: not zero where its state is not that of the one before it, `shift` later.
std::vector<std::int32_t> StreamReduce::position_differs(std::int32_t shift) const {
  std::vector<std::int32_t> differs(width_, 0);
  const auto compare = [&](const std::int32_t* row) {
    for (std::size_t p = 1; p < width_; ++p) {
      const bool never = row[p] == never_binds && row[p - 1] == never_binds;
      differs[p] |= never ? 0 : row[p] ^ (row[p - 1] + shift);
    }
  };
  const auto compare_all = [&](const Times& times, std::size_t stride, std::size_t offset) {
    for (std::size_t at = 0; at < times.size(); at += stride) compare(times.data() + at + offset);
  };
  for (const Times* times : {&free_, &ready_, &consume_, &element_, &leave_, &arrive_, &issue_, &return_, &expected_})
    compare_all(*times, width_, 0);
  compare_all(depart_, width_ + 2, 1);
  receivers_.compare_positions(shift, differs);
  for (std::size_t p = 1; p < width_; ++p) differs[p] |= shape_.elements[p] ^ shape_.elements[p - 1];
  return differs;
}

bool StreamReduce::line_is_copy(int line, std::int32_t shift) const {
  const auto l = static_cast<std::size_t>(line);
  if (shape_.wavelets[l] != shape_.wavelets[l + 1] || steals(line) || steals(line + 1)) return false;
  const auto equal = [shift, l](const Times& times, std::size_t stride, std::size_t offset) {
    const std::int32_t* here = times.data() + (l + offset) * stride;
    const std::int32_t* before = here + stride;
    std::int32_t differs = 0;
    for (std::size_t at = 0; at < stride; ++at) {
      const bool both_never = here[at] == never_binds && before[at] == never_binds;
      differs |= both_never ? 0 : here[at] ^ (before[at] + shift);
    }
    return differs == 0;
  };
  const auto active = static_cast<std::size_t>(active_);
  for (const Times* times : {&ready_, &issue_}) {
    const std::int32_t* here = times->data() + l * width_;
    for (std::size_t p = 0; p < active; ++p)
      if (here[p] != here[width_ + p] + shift) return false;
  }
  if (!list_is_copy(line, shift)) return false;
  const std::size_t deep = history_depth;
  return equal(free_, width_, 0) && equal(expected_, width_, 0) && equal(depart_, deep * (width_ + 2), 0) &&
         equal(consume_, deep * width_, 0) && equal(element_, deep * width_, 0) && equal(leave_, deep * width_, 0) &&
         equal(arrive_, deep * width_, 1);
}

Fold StreamReduce::find_fold(bool of_lines) const {
  Fold fold;
  fold.of_lines = of_lines;
  if (!of_lines) {
    fold.shift = timing_.hop;
    const std::vector<std::int32_t> differs = position_differs(fold.shift);
    for (int position = 0; position < shape_.positions; ++position) {
      if (position > 0 && differs[static_cast<std::size_t>(position)] == 0) {
        ++fold.copies.back();
      } else {
        fold.first.push_back(position);
        fold.copies.push_back(1);
      }
    }
    return fold;
  }
  // Along the chain, from its foot. Line 0 hands its sums to the edge and stands for itself.
  std::size_t position = 0;  // that had a sum: others' columns are not seen to follow each other
  for (const Group& group : groups_)
    if (group.summed_last > 0) position = static_cast<std::size_t>(group.first);
  const auto issue = [this, position](int line) { return issue_[static_cast<std::size_t>(line) * width_ + position]; };
  fold.shift = shape_.chain > 2 ? issue(shape_.chain / 2) - issue(shape_.chain / 2 + 1) : 0;
  // A column whose state is not the one's before it may be later than its input; the next one never is, because what it
  // gets is as late: with that one a group begins.
  // Lists longer than the queues on their way are held up by the next column's, but for the last columns' lists.
  const int last =
      shape_.lists
          ? *std::max_element(shape_.elements.begin(), shape_.elements.end()) / std::max(1, timing_.link_queue) + 2
          : 0;
  bool copy_before = false;
  for (int line = shape_.chain - 1; line >= 0; --line) {
    const bool copy = line > last && line + 2 < shape_.chain && fold.shift > 0 && line_is_copy(line, fold.shift);
    const bool joins = copy && copy_before;
    copy_before = copy;
    if (joins) {
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

StreamReduce StreamReduce::folded(const Fold& fold) const {
  StreamReduceShape shape = shape_;
  std::vector<int>& kept = fold.of_lines ? shape.wavelets : shape.elements;
  kept.clear();
  for (int first : fold.first)
    kept.push_back((fold.of_lines ? shape_.wavelets : shape_.elements)[static_cast<std::size_t>(first)]);
  const auto groups = static_cast<int>(fold.first.size());
  if (fold.of_lines) {
    shape.lines = shape.chain = groups;
  } else {
    shape.positions = groups;
  }
  StreamReduce result(timing_, shape);
  result.rounds_ = rounds_;
  result.reduced_ = reduced_;
  for (Group& group : result.groups_) {
    group.summed = rounds_ * group.elements;
    group.summed_last = group.elements;
  }
  result.fold_lists(*this, fold);
  for (std::size_t line = 0; line < result.sent_.size(); ++line)
    result.sent_[line] = sent_[fold.of_lines ? static_cast<std::size_t>(fold.first[line]) : line];
  if (!fold.of_lines) result.edge_slack_ = edge_slack_;
  result.fold_shift_ = fold.shift;
  std::vector<std::int32_t>& lag = fold.of_lines ? result.line_lag_ : result.position_lag_;
  for (std::size_t group = 0; group < fold.copies.size(); ++group) lag[group] = (fold.copies[group] - 1) * fold.shift;
  const std::size_t deep = history_depth;
  struct Array {
    const Times& from;
    Times& to;
    std::size_t row;
    int offset;
  };
  for (const Array& array :
       {Array{depart_, result.depart_, deep * (width_ + 2), 0}, Array{consume_, result.consume_, deep * width_, 0},
        Array{element_, result.element_, deep * width_, 0}, Array{leave_, result.leave_, deep * width_, 0},
        Array{arrive_, result.arrive_, deep * width_, 1}, Array{issue_, result.issue_, width_, 0},
        Array{expected_, result.expected_, width_, 0}, Array{free_, result.free_, width_, 0},
        Array{ready_, result.ready_, width_, 0}}) {
    const bool halos = &array.from == &depart_;
    if (fold.of_lines) {
      pick_rows(array.from, array.row, fold.first, array.offset, array.to);
    } else {
      pick_columns(array.from, width_ + (halos ? 2 : 0), fold.first, halos ? 1 : 0, array.to);
    }
  }
  if (fold.of_lines) {  // the row of the neighbour below the chain, which is not there
    result.leave_.resize((fold.first.size() + 1) * deep * width_, never_binds);
    return result;
  }
  pick_columns(return_, width_, fold.first, 0, result.return_);
  result.receivers_.pick(receivers_, fold.first);
  return result;
}

void StreamReduce::unfold(const StreamReduce& folded, const Fold& fold) {
  const auto spread = [&](std::size_t to_line, std::size_t to, std::size_t from_line, std::size_t from,
                          std::int32_t shift) {
    const std::size_t here = to_line * width_ + to, there = from_line * folded.width_ + from;
    wait_stream_[here] += folded.wait_stream_[there];
    wait_sum_[here] += folded.wait_sum_[there];
    blocked_[here] += folded.blocked_[there];
    stall_[here] += folded.stall_[there];
    free_[here] = folded.free_[there] + shift;
    receivers_.spread(static_cast<int>(to_line), static_cast<int>(to), folded.receivers_, static_cast<int>(from_line),
                      static_cast<int>(from), shift);
  };
  for (std::size_t group = 0; group < fold.first.size(); ++group)
    for (int copy = 0; copy < fold.copies[group]; ++copy) {
      const std::int32_t shift = copy * fold.shift;
      if (fold.of_lines) {
        const auto line = static_cast<std::size_t>(fold.first[group] - copy);
        for (std::size_t p = 0; p < width_; ++p) spread(line, p, group, p, shift);
      } else {
        const auto position = static_cast<std::size_t>(fold.first[group] + copy);
        for (int line = 0; line < shape_.lines; ++line)
          spread(static_cast<std::size_t>(line), position, static_cast<std::size_t>(line), group, shift);
      }
    }
  const std::int64_t simulated = static_cast<std::int64_t>(folded.shape_.lines) * folded.shape_.positions;
  pe_rounds_added_ +=
      (folded.rounds_ - rounds_) * (static_cast<std::int64_t>(shape_.lines) * shape_.positions - simulated);
  rounds_ = folded.rounds_;
}

}  // namespace weft::hw
