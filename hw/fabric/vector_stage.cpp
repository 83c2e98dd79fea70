#include "hw/fabric/vector_stage.h"

#include <fmt/format.h>

#include <algorithm>

#include "hw/fabric/time_rings.h"
#include "tlm/base/checked.h"

namespace weft::hw {

using proto::TimeClass;

VectorStage::VectorStage(const FabricTiming& timing, const LaunchMap& map, int lanes)
    : timing_(timing), map_(map), lanes_(lanes) {
  const auto way = [&](int routers) {
    Way made;
    made.width = static_cast<std::size_t>(routers) + 2;
    made.history = timing_.history;
    made.departs.assign(static_cast<std::size_t>(made.history) * made.width, never_binds);
    made.takes = made.departs;
    return made;
  };
  Pe begin;
  begin.free = timing_.dispatch;
  pes_.assign(static_cast<std::size_t>(map.lines) * static_cast<std::size_t>(map.positions), begin);
  vectors_.assign(static_cast<std::size_t>(map.positions), way(map.lines));
  scalars_.assign(static_cast<std::size_t>(map.chain), way(map.positions));
  // The scalars of so many rounds can wait in a core's queue for their vectors, and the next round's vector is known.
  const auto rounds = static_cast<std::size_t>(timing_.input_queue) / 2 + 3;
  const auto longest = static_cast<std::size_t>(*std::max_element(map.elements.begin(), map.elements.end()));
  while (most_crossings_ < rounds * (longest + 1)) most_crossings_ *= 2;
  crossings_.resize(pes_.size() * most_crossings_);
}

LaunchTimes VectorStage::run(TimeGuard guard) {
  begin_vector(0);
  for (int round = 0; round < map_.rounds; ++round) {
    if (guard.look_before_round()) look_at_times();
    rest_of_vector(round);
    const bool last = round + 1 == map_.rounds;
    const int next = last ? -1 : map_.vector_owners.of(round + 1);
    if (!last) {
      scalars(round, next);
      begin_vector(round + 1);
    }
    for (int line = 0; line < map_.chain; ++line)
      if (line != next) scalars(round, line);
  }
  LaunchTimes times;
  add_books(times);
  return times;
}

void VectorStage::look_at_times() const {
  for (const Pe& pe : pes_) launch_cycle(std::max(pe.free, pe.ready), TimeGuard::attention);
}

// A core hands what it reads to the fabric in the cycle of the issue. Room that it waits for is its own wavelets'.
std::int32_t VectorStage::source(Pe& owner, Way& way, std::int64_t wavelet, int at, std::int32_t cycles) {
  const std::int64_t freeing = wavelet - timing_.output_queue;
  std::int32_t issue = owner.free;
  if (freeing >= way.owned_from) issue = std::max(issue, way.depart(freeing)[at] + timing_.ramp);
  owner.blocked += issue - owner.free;
  owner.free = issue + cycles;
  const std::int32_t* room = way.depart(wavelet - timing_.link_queue);
  way.depart(wavelet)[at] =
      std::max({issue + 1 + timing_.ramp, way.depart(wavelet - 1)[at] + 1, room[at - 1] + 1, room[at + 1] + 1});
  return issue;
}

void VectorStage::send_vector(int round, int position, int wavelet) {
  Way& way = vectors_[static_cast<std::size_t>(position)];
  const std::int64_t k = way.before + wavelet;
  const int owner = map_.vector_owners.of(round);
  const bool control = wavelet == elements_of(round, position);
  if (wavelet == 0) take_window(round, owner, position);
  if (wavelet == 0 && round == map_.vector_owners.first(owner)) way.owned_from = k;
  source(pe(owner, position), way, k, owner, control ? timing_.control : timing_.issue);
  const std::int32_t *before = way.depart(k - 1), *room = way.depart(k - timing_.link_queue),
                     *taken = way.take(k - depth(position));
  std::int32_t* now = way.depart(k);
  const auto sweep = [&](int end, int step) {
    for (int line = owner + step; line != end; line += step) {
      now[line] = std::max({now[line - step] + timing_.hop, before[line] + 1, room[line + step] + 1});
      if (!takes(line)) continue;
      now[line] = std::max(now[line], taken[line] + timing_.ramp);
      cross(line, position, now[line]);
    }
  };
  sweep(map_.lines, +1);
  sweep(-1, -1);
}

void VectorStage::take_vector(int round, int position, int wavelet) {
  Way& way = vectors_[static_cast<std::size_t>(position)];
  const std::int64_t k = way.before + wavelet;
  const std::int32_t* departed = way.depart(k);
  for (int line = 0; line < map_.chain; ++line) {
    if (!takes(line) || line == map_.vector_owners.of(round)) continue;
    Pe& at = pe(line, position);
    const std::int32_t taken = std::max(departed[line] + timing_.ramp, at.free);
    at.wait_stream += taken - at.free;
    at.free = taken + (wavelet == elements_of(round, position) ? timing_.control : 1);
    way.take(k)[line] = taken;
  }
}

void VectorStage::begin_vector(int round) {
  for (int position = 0; position < map_.positions; ++position)
    for (int wavelet = 0; wavelet < depth(position); ++wavelet) send_vector(round, position, wavelet);
}

void VectorStage::rest_of_vector(int round) {
  const int owner = map_.vector_owners.of(round);
  for (int position = 0; position < map_.positions; ++position) {
    const int wavelets = elements_of(round, position) + 1;
    for (int line = 0; line < map_.chain; ++line)
      if (takes(line) && line != owner) take_window(round, line, position);
    for (int wavelet = 0; wavelet < wavelets; ++wavelet) {
      if (wavelet >= depth(position)) send_vector(round, position, wavelet);
      take_vector(round, position, wavelet);
    }
    vectors_[static_cast<std::size_t>(position)].before += wavelets;
    if (!takes(owner)) pe(owner, position).free += timing_.scalar;
  }
}

void VectorStage::scalars(int round, int line) {
  if (!takes(line)) return;
  Way& way = scalars_[static_cast<std::size_t>(line)];
  const int data = map_.scalars_of(line), owner = map_.stream_owners.of(round);
  if (round == map_.stream_owners.first(owner)) way.owned_from = way.before;
  for (int wavelet = 0; wavelet <= data; ++wavelet) {
    const std::int64_t k = way.before + wavelet;
    const bool control = wavelet == data;
    Pe& from = pe(line, owner);
    if (!control && from.ready > from.free) {
      from.stall += from.ready - from.free;
      from.free = from.ready;
    }
    const auto length = static_cast<std::int32_t>(timing_.issue + ceil_div(elements_of(round, owner), lanes_));
    const std::int32_t issue = source(from, way, k, owner, control ? timing_.control : length);
    if (!control) from.ready = issue + timing_.fill;
    const std::int32_t *before = way.depart(k - 1), *room = way.depart(k - timing_.link_queue),
                       *taken = way.take(k - timing_.input_queue);
    std::int32_t* now = way.depart(k);
    const auto sweep = [&](int end, int step) {
      for (int position = owner + step; position != end; position += step) {
        now[position] = free_ramp(line, position,
                                  std::max({now[position - step] + timing_.hop, before[position] + 1,
                                            room[position + step] + 1, taken[position] + timing_.ramp}));
        take_scalar(round, line, position, k, control);
      }
    };
    sweep(map_.positions, +1);
    sweep(-1, -1);
  }
  way.before += data + 1;
  for (int position = 0; position < map_.positions; ++position) pe(line, position).free += timing_.scalar;
}

// What the round before wrote is waited for where this one's window has some of it.
void VectorStage::take_window(int round, int line, int position) {
  if (!map_.windows) return;
  Pe& at = pe(line, position);
  if (round > 0 && !meet(map_.windows->at(round - 1, position), map_.windows->at(round, position)))
    at.ready = std::min(at.ready, at.free);
  at.free += timing_.scalar;
}

void VectorStage::take_scalar(int round, int line, int position, std::int64_t wavelet, bool control) {
  Way& way = scalars_[static_cast<std::size_t>(line)];
  Pe& at = pe(line, position);
  if (!control && at.ready > at.free) {
    at.stall += at.ready - at.free;
    at.free = at.ready;
  }
  const std::int32_t taken = std::max(way.depart(wavelet)[position] + timing_.ramp, at.free);
  at.wait_stream += taken - at.free;
  way.take(wavelet)[position] = taken;
  if (control) {
    at.free = taken + timing_.control;
    return;
  }
  at.free = taken + timing_.issue + static_cast<std::int32_t>(ceil_div(elements_of(round, position), lanes_));
  at.ready = taken + timing_.fill;
}

void VectorStage::cross(int line, int position, std::int32_t time) {
  Pe& at = pe(line, position);
  // A PE that owns the stream asks for none in all of its rounds.
  if (at.crossed - at.passed == most_crossings_) ++at.passed;
  const auto place = static_cast<std::size_t>(&at - pes_.data()) * most_crossings_;
  crossings_[place + (at.crossed++ & (most_crossings_ - 1))] = time;
}

// The scalars of a PE come in the order of time.
std::int32_t VectorStage::free_ramp(int line, int position, std::int32_t from) {
  Pe& at = pe(line, position);
  const std::int32_t* crossings = crossings_.data() + static_cast<std::size_t>(&at - pes_.data()) * most_crossings_;
  const auto time = [&](std::size_t number) { return crossings[number & (most_crossings_ - 1)]; };
  while (at.passed < at.crossed && time(at.passed) < from) ++at.passed;
  for (std::size_t number = at.passed; number < at.crossed && time(number) == from; ++number) ++from;
  return from;
}

void VectorStage::add_books(LaunchTimes& times) const {
  const std::int64_t rounds = map_.rounds;
  for (int line = 0; line < map_.lines; ++line) {
    for (int position = 0; position < map_.positions; ++position) {
      const Pe& at = pes_[static_cast<std::size_t>(line * map_.positions + position)];
      const std::int64_t elements = map_.elements[static_cast<std::size_t>(position)], scalars = map_.scalars_of(line),
                         own_vectors = map_.vector_owners.count(line), own_streams = map_.stream_owners.count(position);
      std::int64_t summed = 0, own = 0, axpys = 0;  // elements of all rounds, of those whose vector is its own
      for (int round = 0; round < map_.rounds; ++round) {
        summed += elements_of(round, position);
        if (map_.vector_owners.of(round) == line) own += elements_of(round, position);
        axpys += ceil_div(elements_of(round, position), std::int64_t{lanes_});
      }
      times.wavelet_hops += summed - own + rounds - own_vectors;
      if (scalars > 0) times.wavelet_hops += (rounds - own_streams) * (scalars + 1);
      ++times.mapped;
      Cycle compute = 0, overhead = timing_.dispatch, end = at.free;
      overhead += own * timing_.issue + own_vectors * timing_.control;
      if (map_.windows) overhead += (scalars == 0 ? own_vectors : rounds) * timing_.scalar;
      if (scalars == 0) {
        overhead += own_vectors * timing_.scalar;
      } else {
        compute += scalars * axpys;
        overhead += summed - own + (rounds - own_vectors) * timing_.control + rounds * scalars * timing_.issue +
                    rounds * (timing_.control + timing_.scalar);
        times.macs += scalars * summed;
        if (map_.rounds_sums()) {
          const Cycle from = std::max<Cycle>(end, at.ready);
          overhead += from - end + timing_.issue;
          const Cycle rounding = ceil_div(scalars * elements, std::int64_t{timing_.convert_lanes});
          compute += rounding;
          end = from + timing_.issue + rounding;
        }
      }
      const Cycle waited = Cycle{at.stall} + at.wait_stream + at.blocked;
      if (compute + overhead + waited != end)
        throw SimulationError(fmt::format("time classes of PE (line {}, position {}) add up to {} of {} cycles", line,
                                          position, compute + overhead + waited, end));
      times.end = std::max(times.end, LaunchCycle(end));
      times.of(TimeClass::compute) += compute;
      times.of(TimeClass::overhead) += overhead + at.stall;
      times.of(TimeClass::wait_stream) += at.wait_stream;
      times.of(TimeClass::blocked) += at.blocked;
    }
  }
}

}  // namespace weft::hw
