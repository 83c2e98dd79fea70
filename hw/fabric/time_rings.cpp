#include "hw/fabric/time_rings.h"

#include <algorithm>

namespace weft::hw {

namespace {

void compare_row(const std::int32_t* row, std::int32_t shift, std::vector<std::int32_t>& differs) {
  for (std::size_t p = 1; p < differs.size(); ++p) {
    const bool never = row[p] == never_binds && row[p - 1] == never_binds;
    differs[p] |= never ? 0 : row[p] ^ (row[p - 1] + shift);
  }
}

bool follow(const std::int32_t* here, const std::int32_t* before, std::ptrdiff_t count, std::int32_t shift) {
  std::int32_t differs = 0;
  for (std::ptrdiff_t at = 0; at < count; ++at) {
    const bool both_never = here[at] == never_binds && before[at] == never_binds;
    differs |= both_never ? 0 : here[at] ^ (before[at] + shift);
  }
  return differs == 0;
}

void move_all(const std::int32_t* from, std::ptrdiff_t count, std::int32_t cycles, std::int32_t* to) {
  std::transform(from, from + count, to, [cycles](std::int32_t time) { return moved(time, cycles); });
}

/// Makes room for `most` times once: save(next) writes there, and leaves `next` behind what it wrote.
template <typename Save>
void append(Times& to, std::ptrdiff_t most, Save&& save) {
  const std::size_t begin = to.size();
  to.resize(begin + static_cast<std::size_t>(most));
  std::int32_t* next = to.data() + begin;
  save(next);
  to.resize(static_cast<std::size_t>(next - to.data()));
}

void save_row(const std::int32_t* row, std::ptrdiff_t count, std::int32_t origin, std::int32_t*& to) {
  move_all(row, count, -origin, to);
  to += count;
}

void load_row(const std::int32_t*& from, std::ptrdiff_t count, std::int32_t origin, std::int32_t* row) {
  move_all(from, count, origin, row);
  from += count;
}

}  // namespace

TimeRings::TimeRings(Of of, const Extent& extent)
    : of_(of),
      extent_(extent),
      last_slot_(extent.history - 1),
      stride_(extent.positions + 2 * extent.sides),
      line_stride_(stride_ * extent.history),
      times_(static_cast<std::size_t>((extent.above + extent.lines + extent.below) * line_stride_), never_binds) {
  first_ = extent.above * line_stride_ + extent.sides;
}

void TimeRings::compare_positions(std::int32_t shift, std::vector<std::int32_t>& differs) const {
  for (std::size_t at = 0; at < times_.size(); at += static_cast<std::size_t>(stride_))
    compare_row(times_.data() + at + extent_.sides, shift, differs);
}

bool TimeRings::line_follows(int line, std::int32_t shift, const RoundSizes& /*sizes*/) const {
  const std::int32_t* here = times_.data() + (line + extent_.above) * line_stride_;
  return follow(here, here + line_stride_, line_stride_, shift);
}

void TimeRings::take_lines(const TimeRings& from, const std::vector<LineSource>& sources) {
  std::int32_t* to = times_.data() + extent_.above * line_stride_;
  for (const LineSource& source : sources) {
    move_all(from.times_.data() + (source.line + extent_.above) * line_stride_, line_stride_, source.later, to);
    to += line_stride_;
  }
}

// Precondition: not by position.
void TimeRings::take_positions(const TimeRings& from, const std::vector<int>& chosen) {
  const std::int32_t* source = from.times_.data();
  for (std::int32_t* to = times_.data(); to != times_.data() + times_.size(); to += stride_, source += from.stride_) {
    if (extent_.sides > 0) {
      to[0] = source[0];
      to[stride_ - 1] = source[from.stride_ - 1];
    }
    for (std::size_t at = 0; at < chosen.size(); ++at)
      to[static_cast<std::size_t>(extent_.sides) + at] = source[extent_.sides + chosen[at]];
  }
}

template <typename Rings, typename Visit>
void TimeRings::each_row(Rings& rings, int line, const RoundSizes& sizes, Visit&& visit) {
  const Extent& extent = rings.extent_;
  for (int back = 1; back <= extent.history; ++back) {
    if (rings.of_ == Of::wavelets) {
      // Without sides: what positions without elements have taken delays nothing.
      const std::ptrdiff_t count = extent.sides > 0 ? rings.stride_ : sizes.active();
      visit(rings.row(line, sizes.wavelets_before(line) - back) - extent.sides, count);
    } else {
      for (const RoundSizes::Group& group : sizes.groups())
        visit(rings.row(line, group.summed - back, group.first) + group.first, group.last - group.first);
    }
  }
}

void TimeRings::save(int line, const LineOrigin& origin, Times& to) const {
  append(to, line_stride_, [&](std::int32_t*& next) {
    each_row(*this, line, origin.sizes,
             [&](const std::int32_t* row, std::ptrdiff_t count) { save_row(row, count, origin.cycle, next); });
  });
}

void TimeRings::load(int line, const LineOrigin& origin, const std::int32_t*& from) {
  each_row(*this, line, origin.sizes,
           [&](std::int32_t* row, std::ptrdiff_t count) { load_row(from, count, origin.cycle, row); });
}

TimeRows::TimeRows(int lines, int positions, std::int32_t time)
    : positions_(positions), times_(static_cast<std::size_t>(lines * positions_), time) {}

void TimeRows::compare_positions(std::int32_t shift, std::vector<std::int32_t>& differs) const {
  for (std::size_t at = 0; at < times_.size(); at += differs.size()) compare_row(times_.data() + at, shift, differs);
}

bool TimeRows::line_follows(int line, std::int32_t shift, const RoundSizes& sizes) const {
  return sizes.all_at_work(
      [&](int first, int last) { return follow(row(line) + first, row(line + 1) + first, last - first, shift); });
}

void TimeRows::take_lines(const TimeRows& from, const std::vector<LineSource>& sources) {
  std::int32_t* to = times_.data();
  for (const LineSource& source : sources) {
    move_all(from.row(source.line), positions_, source.later, to);
    to += positions_;
  }
}

void TimeRows::take_positions(const TimeRows& from, const std::vector<int>& chosen) {
  const std::int32_t* source = from.times_.data();
  for (auto to = times_.begin(); to != times_.end(); source += from.positions_)
    for (const int position : chosen) *to++ = source[position];
}

void TimeRows::save(int line, const LineOrigin& origin, Times& to) const {
  append(to, positions_, [&](std::int32_t*& next) {
    origin.sizes.all_at_work([&](int first, int last) {
      save_row(row(line) + first, last - first, origin.cycle, next);
      return true;
    });
  });
}

void TimeRows::load(int line, const LineOrigin& origin, const std::int32_t*& from) {
  origin.sizes.all_at_work([&](int first, int last) {
    load_row(from, last - first, origin.cycle, row(line) + first);
    return true;
  });
}

void PositionTimes::compare_positions(std::int32_t shift, std::vector<std::int32_t>& differs) const {
  compare_row(times_.data(), shift, differs);
}

void PositionTimes::take_positions(const PositionTimes& from, const std::vector<int>& chosen) {
  std::transform(chosen.begin(), chosen.end(), times_.begin(),
                 [&from](int position) { return from.times_[static_cast<std::size_t>(position)]; });
}

void PositionTimes::save_common(std::int32_t origin, Times& to) const {
  const auto count = static_cast<std::ptrdiff_t>(times_.size());
  append(to, count, [&](std::int32_t*& next) { save_row(times_.data(), count, origin, next); });
}

void PositionTimes::load_common(std::int32_t origin, const std::int32_t*& from) {
  load_row(from, static_cast<std::ptrdiff_t>(times_.size()), origin, times_.data());
}

}  // namespace weft::hw
