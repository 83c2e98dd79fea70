// Finds columns that are copies of each other and builds the engine that simulates one of each.
#include "hw/fabric/fold.h"

#include <algorithm>
#include <numeric>

#include "hw/fabric/stream_reduce.h"

namespace weft::hw {

namespace {

/// Of an engine that simulates one of each group.
StreamReduceShape shape_of(const StreamReduceShape& whole, const Fold& fold) {
  StreamReduceShape shape = whole;
  std::vector<int>& kept = fold.of_lines ? shape.wavelets : shape.elements;
  kept.clear();
  for (int first : fold.first)
    kept.push_back((fold.of_lines ? whole.wavelets : whole.elements)[static_cast<std::size_t>(first)]);
  const auto groups = static_cast<int>(fold.first.size());
  if (fold.of_lines) {
    shape.lines = shape.chain = groups;
  } else {
    shape.positions = groups;
  }
  return shape;
}

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
  for (int line = 0; line < shape_.chain; ++line) {  // cores past the chain only receive
    compare(row(free_, line));
    compare(row(ready_, line));
  }
  for (const Times* times :
       {&stream_.consume, &chain_.element, &chain_.leave, &chain_.arrive, &issue_, &chain_.returned})
    compare_all(*times, width_, 0);
  compare_all(stream_.depart, width_ + 2, 1);
  receivers_.compare_positions(shift, differs);
  for (const RampRuns& sums : sums_) sums.compare_positions(shift, differs);
  for (std::size_t p = 1; p < width_; ++p) differs[p] |= shape_.elements[p] ^ shape_.elements[p - 1];
  return differs;
}

bool StreamReduce::line_is_copy(int line, std::int32_t shift) const {
  const auto l = static_cast<std::size_t>(line);
  if (shape_.wavelets[l] != shape_.wavelets[l + 1] || receivers_.known_at(line) || receivers_.known_at(line + 1) ||
      !sums_[l].is_copy(sums_[l + 1], shift) || !list_is_copy(line, shift))
    return false;
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
  const auto later = [shift, l, this](const Times& times, std::size_t first, std::size_t last) {
    const std::int32_t* here = times.data() + l * width_;
    for (std::size_t p = first; p < last; ++p)
      if (here[p] != here[width_ + p] + shift) return false;
    return true;
  };
  const std::size_t deep = history(), senders = static_cast<std::size_t>(first_sender());
  return later(ready_, 0, active) && later(issue_, 0, active) && later(free_, 0, active) &&
         later(free_, senders, width_) && equal(stream_.depart, deep * (width_ + 2), 0) &&
         equal(stream_.consume, deep * width_, 0) && equal(chain_.element, deep * width_, 0) &&
         equal(chain_.leave, deep * width_, 0) && equal(chain_.arrive, deep * width_, 1);
}

Fold StreamReduce::find_fold(bool of_lines, int spared) const {
  Fold fold;
  fold.of_lines = of_lines;
  if (!of_lines) {
    fold.shift = timing_.hop;
    const std::vector<std::int32_t> differs = position_differs(fold.shift);
    for (int position = 0; position < shape_.positions;) {
      int next = position + 1;
      while (next < shape_.positions && differs[static_cast<std::size_t>(next)] == 0) ++next;
      const int alone = next < shape_.positions ? std::min(spared, next - position) : 0;
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
  std::size_t position = 0;  // that had a sum: others' columns are not seen to follow each other
  if (shape_.lists)
    for (const Group& group : groups_)
      if (group.elements > 0) position = static_cast<std::size_t>(group.first);
  const auto issue = [this, position](int line) { return issue_[static_cast<std::size_t>(line) * width_ + position]; };
  fold.shift = shape_.chain > 2 ? issue(shape_.chain / 2) - issue(shape_.chain / 2 + 1) : 0;
  // A column whose lists are not the one's before it may be later than them; the next one never is, because what it
  // gets is as late: with that one a group begins. Lists longer than the queues on their way are held up by the next
  // column's, but for the last columns' lists.
  if (shape_.lists) ++spared;
  const int last =
      shape_.lists
          ? *std::max_element(shape_.elements.begin(), shape_.elements.end()) / std::max(1, timing_.link_queue) + 2
          : 0;
  int alike = 0;
  for (int line = shape_.chain - 1; line >= 0; --line) {
    const bool copy = line > last && line + 2 < shape_.chain && fold.shift > 0 && line_is_copy(line, fold.shift);
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

StreamReduce::StreamReduce(const FabricTiming& timing, const StreamReduceShape& whole, const Fold& fold)
    : StreamReduce(timing, shape_of(whole, fold)) {
  copies_.shift = fold.shift;
  copies_.of_positions = !fold.of_lines;
  std::vector<std::int32_t>& lag = fold.of_lines ? copies_.line_lag : copies_.position_lag;
  for (std::size_t group = 0; group < fold.copies.size(); ++group) lag[group] = (fold.copies[group] - 1) * fold.shift;
}

StreamReduce StreamReduce::folded(const Fold& fold) const {
  StreamReduce result(timing_, shape_, fold);
  result.set_rounds(rounds_);
  result.owners_from_ = owners_from_;
  result.first_round_ = rounds_;
  for (std::size_t line = 0; line < result.stream_.sent.size(); ++line)
    result.stream_.sent[line] = stream_.sent[fold.of_lines ? static_cast<std::size_t>(fold.first[line]) : line];
  result.fold_lists(*this, fold);
  if (!fold.of_lines) result.stream_.edge_slack = stream_.edge_slack;
  const std::size_t deep = history();
  struct Array {
    const Times& from;
    Times& to;
    std::size_t row;
    int offset;
  };
  for (const Array& array :
       {Array{stream_.depart, result.stream_.depart, deep * (width_ + 2), 0},
        Array{stream_.consume, result.stream_.consume, deep * width_, 0},
        Array{chain_.element, result.chain_.element, deep * width_, 0},
        Array{chain_.leave, result.chain_.leave, deep * width_, 0},
        Array{chain_.arrive, result.chain_.arrive, deep * width_, 1}, Array{issue_, result.issue_, width_, 0},
        Array{free_, result.free_, width_, 0}, Array{ready_, result.ready_, width_, 0}}) {
    const bool halos = &array.from == &stream_.depart;
    if (fold.of_lines) {
      pick_rows(array.from, array.row, fold.first, array.offset, array.to);
    } else {
      pick_columns(array.from, width_ + (halos ? 2 : 0), fold.first, halos ? 1 : 0, array.to);
    }
  }
  for (std::size_t line = 0; line < result.sums_.size(); ++line)
    result.sums_[line] =
        fold.of_lines ? sums_[static_cast<std::size_t>(fold.first[line])] : sums_[line].picked(fold.first);
  if (fold.of_lines) {  // the row of the neighbour below the chain, which is not there
    result.chain_.leave.resize((fold.first.size() + 1) * deep * width_, never_binds);
  } else {
    pick_columns(chain_.returned, width_, fold.first, 0, result.chain_.returned);
    result.receivers_.pick(receivers_, fold.first);
  }
  result.begin();
  return result;
}

StreamReduce StreamReduce::unfolded(const StreamReduceShape& whole, const Fold& fold) const {
  StreamReduce result(timing_, whole);
  result.rounds_ = result.first_round_ = rounds_;
  result.owners_from_ = owners_from_;
  result.chain_.returned = chain_.returned;
  result.chain_.opens = chain_.opens;
  result.groups_ = groups_;
  const auto fill = [](const Times& from, std::size_t row, std::size_t group, Times& to, std::size_t line,
                       std::int32_t later) {
    const std::int32_t* source = from.data() + group * row;
    std::transform(source, source + row, to.data() + line * row,
                   [later](std::int32_t time) { return time == never_binds ? time : time + later; });
  };
  const std::size_t ring_row = history() * width_;
  for (std::size_t group = 0; group < fold.first.size(); ++group) {
    for (int copy = 0; copy < fold.copies[group]; ++copy) {
      const auto line = static_cast<std::size_t>(fold.first[group] - copy);
      const std::int32_t later = copy * fold.shift;
      fill(stream_.depart, history() * (width_ + 2), group, result.stream_.depart, line, later);
      fill(chain_.arrive, ring_row, group + 1, result.chain_.arrive, line + 1, later);
      fill(stream_.consume, ring_row, group, result.stream_.consume, line, later);
      fill(chain_.element, ring_row, group, result.chain_.element, line, later);
      fill(chain_.leave, ring_row, group, result.chain_.leave, line, later);
      for (auto times : {&StreamReduce::issue_, &StreamReduce::free_, &StreamReduce::ready_})
        fill(this->*times, width_, group, result.*times, line, later);
      result.stream_.sent[line] = stream_.sent[group];
      result.sums_[line] = sums_[group].later(later);
    }
  }
  result.unfold_lists(*this, fold);
  result.begin();
  return result;
}

}  // namespace weft::hw
