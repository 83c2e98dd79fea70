#include "hw/fabric/receivers.h"

#include <algorithm>
#include <utility>

namespace weft::hw {

Receivers::Receivers(int lines, int chain, std::size_t positions, std::int32_t ramp)
    : chain_(chain),
      width_(positions),
      ramp_(ramp),
      lines_(static_cast<std::size_t>(lines)),
      waiting_(static_cast<std::size_t>(lines), 0) {}

void Receivers::receive(int line, const std::int32_t* times, int first, int last) {
  Line& at = lines_[static_cast<std::size_t>(line)];
  at.positions.resize(width_);
  for (int p = first; p < last; ++p) {
    Position& position = at.positions[static_cast<std::size_t>(p)];
    ++position.received;
    if (line >= chain_) {
      position.end = times[p] + 1;
      continue;
    }
    const std::size_t rows = static_cast<std::size_t>(position.count) + 1;
    if (at.times.empty()) at.times.swap(spare_);
    if (at.times.size() < rows * width_) at.times.resize(std::max(rows * width_, at.times.size() * 2));
    time(at, position.count++, p) = times[p];
    ++waiting_[static_cast<std::size_t>(line)];
  }
}

// When the next element is at the core if nothing else uses the ramp any more.
std::int32_t Receivers::crossing(const Position& at, std::int32_t alone) const {
  return std::max(alone, at.ramp_used + 1 + ramp_);
}

std::int32_t Receivers::cross(Line& line, int position) {
  Position& at = line.positions[static_cast<std::size_t>(position)];
  std::int32_t& arrival = time(line, at.crossed++, position);
  arrival = crossing(at, arrival);
  at.ramp_used = arrival - ramp_;
  at.end = arrival + 1;
  return arrival;
}

std::int32_t Receivers::cross_ramp(int line, int position, std::int32_t age, std::int32_t from) {
  Line& at = lines_[static_cast<std::size_t>(line)];
  Position& here = at.positions[static_cast<std::size_t>(position)];
  // Nothing waits here, maybe elsewhere in the line: who asks then must not matter.
  if (here.crossed == here.count) return from;
  while (here.crossed < here.count) {
    const std::int32_t alone = time(at, here.crossed, position), leaves = crossing(here, alone) - ramp_;
    if (leaves > from || (leaves == from && alone - ramp_ > age)) break;
    cross(at, position);
    from = std::max(from, leaves + 1);
  }
  here.ramp_used = std::max(here.ramp_used, from);
  return from;
}

std::int32_t Receivers::next_free_cycle(int line, int position, std::int32_t target, std::int32_t& waited_from,
                                        std::int32_t* wait) {
  std::int32_t lost = 0;
  if (wait_at(line)) {
    Line& at = lines_[static_cast<std::size_t>(line)];
    Position& here = at.positions[static_cast<std::size_t>(position)];
    while (here.taken < here.count) {
      const std::int32_t next = time(at, here.taken, position);
      if ((here.taken < here.crossed ? next : crossing(here, next)) > target) break;
      const std::int32_t arrival = here.taken < here.crossed ? next : cross(at, position);
      if (arrival >= waited_from) ++lost;
      if (arrival == target) ++target;
      ++here.taken;
      --waiting_[static_cast<std::size_t>(line)];
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
  while (here.taken < here.count) {
    const std::int32_t next = time(at, here.taken, position);
    if ((here.taken < here.crossed ? next : crossing(here, next)) >= end) break;
    const std::int32_t arrival = here.taken < here.crossed ? next : cross(at, position);
    if (arrival >= from) ++end;
    ++here.taken;
    --waiting_[static_cast<std::size_t>(line)];
  }
  return end;
}

void Receivers::release(int line) {
  if (wait_at(line)) return;
  Line& at = lines_[static_cast<std::size_t>(line)];
  for (Position& position : at.positions) position.count = position.crossed = position.taken = 0;
  if (spare_.size() < at.times.size()) spare_.swap(at.times);
  at.times = {};
}

const Receivers::Position* Receivers::find(int line, int position) const {
  const Line& at = lines_[static_cast<std::size_t>(line)];
  return at.positions.empty() ? nullptr : &at.positions[static_cast<std::size_t>(position)];
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
  Position after = *at;
  const Line& queue = lines_[static_cast<std::size_t>(line)];
  for (; after.crossed < after.count; ++after.crossed) {
    const auto index = static_cast<std::size_t>(after.crossed) * width_ + static_cast<std::size_t>(position);
    const std::int32_t arrival = crossing(after, queue.times[index]);
    after.ramp_used = arrival - ramp_;
    after.end = arrival + 1;
  }
  return after.end;
}

void Receivers::compare_positions(std::int32_t shift, std::vector<std::int32_t>& differs) const {
  for (std::size_t line = 0; line < lines_.size(); ++line) {
    if (waiting_[line] == 0) continue;
    const Line& at = lines_[line];
    for (std::size_t p = 1; p < width_; ++p) {
      const Position &here = at.positions[p], &before = at.positions[p - 1];
      differs[p] |= (here.count ^ before.count) | (here.crossed ^ before.crossed) | (here.taken ^ before.taken);
      if (here.taken < here.count) differs[p] |= here.ramp_used ^ (before.ramp_used + shift);
      for (std::int32_t next = here.taken; differs[p] == 0 && next < here.count; ++next) {
        const std::size_t index = static_cast<std::size_t>(next) * width_ + p;
        differs[p] |= at.times[index] ^ (at.times[index - 1] + shift);
      }
    }
  }
}

void Receivers::pick(const Receivers& all, const std::vector<int>& chosen) {
  for (std::size_t line = 0; line < lines_.size(); ++line) {
    const Line& from = all.lines_[line];
    if (from.positions.empty()) continue;
    Line& to = lines_[line];
    waiting_[line] = 0;
    for (const int p : chosen) {
      Position position = from.positions[static_cast<std::size_t>(p)];
      position.received = position.end = 0;
      position.waited = position.count - position.taken;
      waiting_[line] += position.waited;
      to.positions.push_back(position);
    }
    for (std::size_t row = 0; row < from.times.size(); row += all.width_)
      for (const int p : chosen) to.times.push_back(from.times[row + static_cast<std::size_t>(p)]);
  }
}

void Receivers::save(int line, std::int32_t origin, const std::vector<std::int32_t>& oldest,
                     std::vector<std::int32_t>& to) const {
  const Line& at = lines_[static_cast<std::size_t>(line)];
  for (std::size_t p = 0; p < width_; ++p) {
    const Position position = at.positions.empty() ? Position{} : at.positions[p];
    const bool waits = position.taken < position.count;
    to.push_back(position.count - position.taken);
    to.push_back(position.crossed - position.taken);
    to.push_back(waits || position.ramp_used > oldest[p] ? position.ramp_used - origin : not_used);
    for (std::int32_t next = position.taken; next < position.count; ++next)
      to.push_back(at.times[static_cast<std::size_t>(next) * width_ + p] - origin);
  }
}

void Receivers::load(int line, std::int32_t origin, const std::int32_t* from) {
  Line& at = lines_[static_cast<std::size_t>(line)];
  at.positions.assign(width_, {});
  for (std::size_t p = 0; p < width_; ++p) {
    Position& position = at.positions[p];
    position.count = position.waited = *from++;
    position.crossed = *from++;
    position.ramp_used = *from++;
    if (position.ramp_used != not_used) position.ramp_used += origin;
    waiting_[static_cast<std::size_t>(line)] += position.count;
    at.times.resize(std::max(at.times.size(), static_cast<std::size_t>(position.count) * width_));
    for (std::int32_t element = 0; element < position.count; ++element)
      time(at, element, static_cast<int>(p)) = *from++ + origin;
  }
}

}  // namespace weft::hw
