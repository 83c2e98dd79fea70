#include "hw/fabric/stream_reduce.h"

#include <algorithm>

namespace weft::hw {

namespace {

void copy_element(const TimeRings& rings, const RoundSizes& sizes, int line, int element, std::int32_t* to) {
  for (const RoundSizes::Group& group : sizes.groups()) {
    if (element >= group.elements) continue;
    const std::int32_t* from = rings.row(line, group.summed + element, group.first);
    std::copy(from + group.first, from + group.last, to + group.first);
  }
}

void set_element(TimeRings& rings, const RoundSizes& sizes, int line, int element, const std::int32_t* from) {
  for (const RoundSizes::Group& group : sizes.groups()) {
    if (element >= group.elements) continue;
    std::int32_t* to = rings.row(line, group.summed + element, group.first);
    std::copy(from + group.first, from + group.last, to + group.first);
  }
}

}  // namespace

StreamReduce::StreamReduce(const FabricTiming& timing, StreamReduceShape shape)
    : timing_(timing),
      shape_(std::move(shape)),
      hops_(timing.hop),
      state_(timing, shape_),
      books_(shape_.chain, shape_.positions),
      copies_(shape_),
      opens_(static_cast<std::size_t>(shape_.positions), 0) {
  round_.undisturbed.assign(static_cast<std::size_t>(shape_.chain), false);
  if (shape_.lists)
    list_deltas_.first.resize(static_cast<std::size_t>(shape_.chain * timing_.input_queue * shape_.positions));
}

void StreamReduce::begin_round(const std::uint16_t* wavelets, const std::uint16_t* elements) {
  state_.sizes.begin_round(wavelets, elements);
  list_deltas_.expected.clear();
}

void StreamReduce::take_windows(int owner, const std::vector<bool>& apart, bool kept) {
  for (int line = 0; line < shape_.chain; ++line) {
    for (int p = owner < 0 ? 0 : owner; p < (owner < 0 ? active() : owner + 1); ++p) {
      std::int32_t &free = free_of(line)[p], &ready = ready_of(line)[p];
      if (apart[static_cast<std::size_t>(p)] && !(kept && line == 0)) ready = std::min(ready, free);
      free = state_.receivers.occupy(line, p, free, timing_.scalar);
    }
  }
}

std::int32_t& StreamReduce::halo(int side, int line, int offset) {
  return depart(line, wavelets_before(line) + offset)[side < 0 ? -1 : shape_.positions];
}

std::int32_t StreamReduce::departure(int side, int line, int offset) const {
  return depart(line, wavelets_before(line) + offset)[side < 0 ? 0 : shape_.positions - 1];
}

void StreamReduce::set_below(int element, const std::int32_t* departures) {
  set_element(state_.leave, sizes(), shape_.chain, element, departures);
}
void StreamReduce::set_above(int element, const std::int32_t* credits) {
  set_element(state_.arrive, sizes(), -1, element, credits);
}
void StreamReduce::get_leaving(int element, std::int32_t* departures) const {
  copy_element(state_.leave, sizes(), 0, element, departures);
}
void StreamReduce::get_credits(int element, std::int32_t* credits) const {
  copy_element(state_.arrive, sizes(), shape_.chain - 1, element, credits);
}

// An owner's core waits for room in its output queue, whoever sent what is in the fabric: see source_wavelet().
std::int32_t StreamReduce::waited_to_send(int line, int position) const {
  const std::int32_t* room = depart(line, wavelets_before(line) - timing_.output_queue);
  return std::max(room[position] + timing_.ramp - state_.free.row(line)[position], 0);
}

void StreamReduce::settle_senders(int first) {
  for (int line = 0; line < shape_.chain; ++line) {
    for (int p = std::max(first, sizes().first_sender()); p < shape_.positions; ++p) {
      const std::int32_t waited = waited_to_send(line, p);
      free_of(line)[p] += waited;
      book(&PartBooks::blocked, line)[p] += waited;
    }
  }
}

void StreamReduce::begin() {
  begin_ = state_.free.times();
  state_.sizes.begin();
}

PeTimes StreamReduce::pe(int line, int position) const {
  PeTimes times;
  times.received = state_.receivers.received(line, position);
  times.received_late = state_.receivers.received_late(line, position);
  times.received_before = state_.receivers.received_before(line, position);
  if (line < shape_.chain) {
    times.wait_stream = books_.of(&PartBooks::wait_stream, line, position);
    times.wait_partial_sum = books_.of(&PartBooks::wait_sum, line, position);
    times.blocked = books_.of(&PartBooks::blocked, line, position);
    times.stall = books_.of(&PartBooks::stall, line, position);
    times.main_end = EngineCycle(state_.free.row(line)[position]);
    if (!begin_.empty())
      times.begin = EngineCycle(begin_[static_cast<std::size_t>(line * shape_.positions + position)]);
    if (position >= sizes().first_sender()) {
      const std::int32_t waited = waited_to_send(line, position);
      times.main_end += waited;
      times.blocked += waited;
    }
  }
  const std::int32_t lag =
      copies_.line_lag[static_cast<std::size_t>(line)] + copies_.position_lag[static_cast<std::size_t>(position)];
  times.copies = copies_.copies(lag);
  times.end = std::max(times.main_end, EngineCycle(state_.receivers.end(line, position))) + lag;
  return times;
}

EngineCycle StreamReduce::end() const {
  EngineCycle end;
  for (int line = 0; line < shape_.lines; ++line)
    for (int position = 0; position < shape_.positions; ++position) end = std::max(end, pe(line, position).end);
  return end;
}

}  // namespace weft::hw
