#include "hw/fabric/receivers.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace weft::hw {

Receivers::Receivers(int lines, int chain, std::size_t positions, std::int32_t ramp, int memory)
    : chain_(chain),
      width_(positions),
      ramp_(ramp),
      memory_(static_cast<std::size_t>(memory)),
      lines_(static_cast<std::size_t>(lines)),
      waiting_(static_cast<std::size_t>(lines), 0) {}

void Receivers::receive(int line, const std::int32_t* times, int first, int last) {
  Line& at = lines_[static_cast<std::size_t>(line)];
  at.positions.resize(width_);
  for (int p = first; p < last; ++p) {
    Position& position = at.positions[static_cast<std::size_t>(p)];
    ++position.received;
    position.end = times[p] + 1;
    if (line >= chain_) continue;
    at.at_rest = 0;
    const std::size_t rows = static_cast<std::size_t>(position.count) + 1;
    if (at.times.empty()) at.times.swap(spare_);
    if (at.times.size() < rows * width_) at.times.resize(std::max(rows * width_, at.times.size() * 2));
    at.times[static_cast<std::size_t>(position.count++) * width_ + static_cast<std::size_t>(p)] = times[p];
    ++waiting_[static_cast<std::size_t>(line)];
  }
}

std::int32_t Receivers::first_free(int line, int position, std::int32_t from) const {
  const Line& at = lines_[static_cast<std::size_t>(line)];
  if (at.times.empty()) return from;
  const std::int32_t count = at.positions[static_cast<std::size_t>(position)].count;
  std::int32_t next = 0;  // the first that does not cross before `from`
  for (std::int32_t over = count; next < over;) {
    const std::int32_t middle = next + (over - next) / 2;
    if (time(at, middle, position) - ramp_ < from) {
      next = middle + 1;
    } else {
      over = middle;
    }
  }
  while (next < count && time(at, next, position) - ramp_ == from) {
    ++next;
    ++from;
  }
  return from;
}

std::int32_t Receivers::next_free_cycle(int line, int position, std::int32_t target, std::int32_t& waited_from,
                                        std::int32_t* wait) {
  std::int32_t lost = 0;
  if (wait_at(line)) {
    const Line& at = lines_[static_cast<std::size_t>(line)];
    Position& here = lines_[static_cast<std::size_t>(line)].positions[static_cast<std::size_t>(position)];
    for (; here.taken < here.count; ++here.taken, --waiting_[static_cast<std::size_t>(line)]) {
      const std::int32_t arrival = time(at, here.taken, position);
      if (arrival > target) break;
      ++lost;
      if (arrival == target || arrival < waited_from) ++target;
    }
  }
  *wait += target - waited_from - lost;
  waited_from = target;
  return target;
}

std::int32_t Receivers::occupy(int line, int position, std::int32_t from, std::int32_t cycles) {
  std::int32_t end = from + cycles;
  if (!wait_at(line)) return end;
  Line& at = lines_[static_cast<std::size_t>(line)];
  Position& here = at.positions[static_cast<std::size_t>(position)];
  for (; here.taken < here.count && time(at, here.taken, position) < end; ++here.taken, ++end)
    --waiting_[static_cast<std::size_t>(line)];
  return end;
}

void Receivers::end_round(int line) {
  Line& at = lines_[static_cast<std::size_t>(line)];
  if (at.times.empty()) return;
  // Positions may have received more than others: what all have passed is not all that is passed.
  at.at_rest = wait_at(line) ? 0 : at.at_rest + 1;
  if (at.at_rest > memory_) {
    for (Position& position : at.positions) position.count = position.taken = 0;
    return clear(at);
  }
  std::int32_t passed = std::numeric_limits<std::int32_t>::max();
  for (const Position& position : at.positions)
    if (position.received > 0 || position.count > 0) passed = std::min(passed, position.taken);
  at.passed.push_back(passed);
  if (at.passed.size() <= memory_) return;
  passed = at.passed.front();
  at.passed.erase(at.passed.begin());
  forget(at, passed);
}

void Receivers::forget(Line& line, std::int32_t elements) {
  if (elements == 0) return;
  std::int32_t rest = 0;
  for (Position& position : line.positions) {
    if (position.received == 0 && position.count == 0) continue;
    position.count -= elements;
    position.taken -= elements;
    rest = std::max(rest, position.count);
  }
  for (std::int32_t& passed : line.passed) passed -= elements;
  if (rest > 0) {
    line.times.erase(line.times.begin(),
                     line.times.begin() + static_cast<std::ptrdiff_t>(elements) * static_cast<std::ptrdiff_t>(width_));
    return;
  }
  clear(line);
}

void Receivers::clear(Line& line) {
  if (spare_.size() < line.times.size()) spare_.swap(line.times);
  line.times = {};
  line.passed.clear();
}

const Receivers::Position* Receivers::find(int line, int position) const {
  const Line& at = lines_[static_cast<std::size_t>(line)];
  return at.positions.empty() ? nullptr : &at.positions[static_cast<std::size_t>(position)];
}

std::int32_t Receivers::most_waiting(int line) const {
  std::int32_t most = 0;
  if (!wait_at(line)) return most;
  for (const Position& position : lines_[static_cast<std::size_t>(line)].positions)
    most = std::max(most, position.count - position.taken);
  return most;
}

std::int32_t Receivers::received(int line, int position) const {
  const Position* at = find(line, position);
  return at ? at->received : 0;
}

std::int32_t Receivers::received_late(int line, int position) const {
  const Position* at = find(line, position);
  if (!at) return 0;
  return line < chain_ ? at->count - at->taken : at->received;
}

std::int32_t Receivers::received_before(int line, int position) const {
  const Position* at = find(line, position);
  return at ? at->waited : 0;
}

std::int32_t Receivers::end(int line, int position) const {
  const Position* at = find(line, position);
  if (!at) return 0;
  return at->end;
}

void Receivers::compare_positions(std::int32_t shift, std::vector<std::int32_t>& differs) const {
  for (std::size_t line = 0; line < lines_.size(); ++line) {
    const Line& at = lines_[line];
    if (at.times.empty()) continue;
    for (std::size_t p = 1; p < width_; ++p) {
      const Position &here = at.positions[p], &before = at.positions[p - 1];
      differs[p] |= (here.count ^ before.count) | (here.taken ^ before.taken);
      for (std::int32_t next = 0; differs[p] == 0 && next < here.count; ++next) {
        const std::size_t index = static_cast<std::size_t>(next) * width_ + p;
        differs[p] |= at.times[index] ^ (at.times[index - 1] + shift);
      }
    }
  }
}

// Counts from here on.
void Receivers::begin_anew(int line) {
  std::int64_t& waiting = waiting_[static_cast<std::size_t>(line)] = 0;
  for (Position& position : lines_[static_cast<std::size_t>(line)].positions) {
    position.received = position.end = 0;
    position.waited = position.count - position.taken;
    waiting += position.waited;
  }
}

void Receivers::take_lines(const Receivers& from, const std::vector<LineSource>& sources) {
  for (int line = 0; line < static_cast<int>(sources.size()); ++line) {
    const auto [of, later] = sources[static_cast<std::size_t>(line)];
    Line& to = lines_[static_cast<std::size_t>(line)] = from.lines_[static_cast<std::size_t>(of)];
    for (std::int32_t& time : to.times) time += later;
    begin_anew(line);
  }
}

void Receivers::take_positions(const Receivers& from, const std::vector<int>& chosen) {
  for (std::size_t line = 0; line < lines_.size(); ++line) {
    const Line& all = from.lines_[line];
    if (all.positions.empty()) continue;
    Line& to = lines_[line];
    to.passed = all.passed;
    for (const int p : chosen) to.positions.push_back(all.positions[static_cast<std::size_t>(p)]);
    for (std::size_t row = 0; row < all.times.size(); row += from.width_)
      for (const int p : chosen) to.times.push_back(all.times[row + static_cast<std::size_t>(p)]);
    begin_anew(static_cast<int>(line));
  }
}

// What has been passed by the main thread and by all wavelets before it is forgotten.
void Receivers::save(int line, const LineOrigin& origin, Times& to) const {
  const Line& at = lines_[static_cast<std::size_t>(line)];
  for (std::size_t p = 0; p < width_; ++p) {
    const Position position = at.times.empty() ? Position{} : at.positions[p];
    std::int32_t first = 0;
    while (first < position.taken && time(at, first, static_cast<int>(p)) - ramp_ <= origin.newest_on_ramp[p]) ++first;
    to.push_back(position.count - first);
    to.push_back(position.taken - first);
    for (; first < position.count; ++first) to.push_back(time(at, first, static_cast<int>(p)) - origin.cycle);
  }
}

void Receivers::load(int line, const LineOrigin& origin, const std::int32_t*& from) {
  Line& at = lines_[static_cast<std::size_t>(line)];
  at.positions.assign(width_, {});
  for (std::size_t p = 0; p < width_; ++p) {
    Position& position = at.positions[p];
    position.count = *from++;
    position.taken = *from++;
    at.times.resize(std::max(at.times.size(), static_cast<std::size_t>(position.count) * width_));
    for (std::int32_t element = 0; element < position.count; ++element)
      at.times[static_cast<std::size_t>(element) * width_ + p] = *from++ + origin.cycle;
  }
  begin_anew(line);
}

}  // namespace weft::hw
