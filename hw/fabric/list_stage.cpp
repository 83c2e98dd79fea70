#include "hw/fabric/list_stage.h"

#include <algorithm>

namespace weft::hw {

ListStage::ListStage(const FabricTiming& timing, StreamState& state, PartBooks& books, CopyChecks& checks,
                     ListDeltas& deltas)
    : timing_(timing), state_(state), books_(books), checks_(checks), deltas_(deltas), lists_(state.lists) {}

std::int32_t ListStage::departure() const {
  std::int32_t last = 0;
  for (const RoundSizes::Group& group : state_.sizes.groups()) {
    const std::int64_t control = wavelet(group, group.elements);
    last = std::max(last, lists_.ring(lists_.depart, group.first, state_.sizes.chain())[lists_.slot(control)]);
  }
  return last;
}

// Line by line, so that what is at work stays in cache. A wavelet waits for room that the one link_queue before it
// left: so many go together.
void ListStage::take(const std::int32_t* edge) {
  const int together = timing_.link_queue;
  const auto each = [&](int first, auto&& visit) {
    for (const RoundSizes::Group& group : state_.sizes.groups())
      for (int offset = first; offset < std::min(first + together, group.elements + 1); ++offset)
        visit(group, wavelet(group, offset), offset);
  };
  for (int first = 0; first <= state_.sizes.max_elements(); first += together) {
    each(first, [&](const RoundSizes::Group& group, std::int64_t k, int offset) {
      enter(group.first, k, edge[group.first] + 1 + offset);
    });
    for (int line = state_.sizes.chain() - 1; line >= 0; --line)
      each(first, [&](const RoundSizes::Group& group, std::int64_t, int offset) {
        if (offset < first_of_last(group)) pass(line, group.first, offset, 0);
      });
  }
}

void ListStage::pass_last(int line, int position, int deltas) {
  const RoundSizes::Group& group = state_.sizes.group_at(position);
  for (int offset = first_of_last(group); offset <= group.elements; ++offset) pass(line, position, offset, deltas);
}

void ListStage::note_first_deltas(int line, int owner) {
  for (int offset = 0; offset < early_deltas(line); ++offset) {
    std::int32_t* times = deltas_.first.data() + first_delta(line, offset);
    std::copy_n(state_.depart.row(line, state_.sizes.wavelets_before(line) + offset), state_.sizes.active(), times);
    if (owner < state_.sizes.active()) times[owner] = no_delta;
  }
}

bool ListStage::deltas_as_expected() const {
  for (int line = 0; line < state_.sizes.chain(); ++line) {
    for (const RoundSizes::Group& group : state_.sizes.groups()) {
      if (first_of_last(group) == 0) continue;
      const std::int64_t last = wavelet(group, first_of_last(group) - 1);
      const std::int32_t passed = lists_.ring(lists_.depart, group.first, line)[lists_.slot(last)];
      for (int offset = 0; offset < early_deltas(line); ++offset) {
        const std::size_t at = first_delta(line, offset) + static_cast<std::size_t>(group.first);
        const std::int32_t expected = deltas_.expected.empty() ? no_delta : deltas_.expected[at];
        if (deltas_.first[at] != expected && std::min(deltas_.first[at], expected) <= passed) return false;
      }
    }
  }
  return true;
}

// First cycle in which no delta crosses the ramp: of earlier rounds and, of this one, of the first so many that are
// known; of none of them those that are expected.
std::int32_t ListStage::free_of_deltas(int line, int position, int known, std::int32_t from) const {
  const std::int64_t newest = state_.sizes.wavelets_before(line) + known - 1;
  const auto at = [&](std::int64_t k) { return state_.depart.row(line, k)[position]; };
  if (from <= at(newest))
    for (std::int64_t k = newest - timing_.history + 1; k <= newest; ++k)
      if (at(k) == from && lists_.senders_of(line)[lists_.slot(k)] != position) ++from;
  if (known > 0 || deltas_.expected.empty()) return from;
  for (int offset = 0; offset < early_deltas(line); ++offset)
    if (deltas_.expected[first_delta(line, offset) + static_cast<std::size_t>(position)] == from) ++from;
  return from;
}

// First cycle in which no sum crosses the ramp, nor leaves on the link that the list takes as well.
std::int32_t ListStage::free_of_sums(int line, int position, std::int32_t from) const {
  const auto l = static_cast<std::size_t>(line);
  for (std::int32_t free = from;; from = free) {
    free = lists_.sums[l].first_free(position, from);
    if (line > 0) free = lists_.leave[l].first_free(position, free);
    if (free == from) return from;
  }
}

namespace {

/// The latest of what a departure waits for, and what is known of it.
struct Departure {
  std::int32_t time;
  unsigned known;
  void wait_for(std::int32_t other, unsigned other_known) {
    if (other > time) known = other_known;
    time = std::max(time, other);
  }
};

}  // namespace

// Into the last line of the chain, from the edge, where it is `fed` at the earliest.
void ListStage::enter(int position, std::int64_t k, std::int32_t fed) {
  const int below = state_.sizes.chain();
  std::int32_t* entries = lists_.ring(lists_.depart, position, below);
  Departure entry{std::max(fed, entries[lists_.slot(k - 1)] + 1), ListTimes::exact | ListTimes::alike};
  entry.wait_for(lists_.ring(lists_.depart, position, below - 1)[lists_.slot(k - timing_.link_queue)] + 1,
                 lists_.ring(lists_.known, position, below - 1)[lists_.slot(k - timing_.link_queue)]);
  entries[lists_.slot(k)] = entry.time;
  checks_.hold &= (entry.known & ListTimes::exact) != 0;
}

// Through the router of a line, into its core.
void ListStage::pass(int line, int position, int offset, int deltas) {
  const RoundSizes::Group& group = state_.sizes.group_at(position);
  const std::int64_t k = wavelet(group, offset);
  const bool control = offset == group.elements;
  const std::size_t now = lists_.slot(k), before = lists_.slot(k - 1), room = lists_.slot(k - timing_.link_queue);
  std::int32_t *departs = lists_.ring(lists_.depart, position, line),
               *taken = lists_.ring(lists_.taken, position, line);
  std::uint8_t* known = lists_.ring(lists_.known, position, line);
  const std::int32_t lag = checks_.line_lag[static_cast<std::size_t>(line)];
  Departure own{taken[lists_.slot(k - timing_.input_queue)] + timing_.ramp, ListTimes::exact | ListTimes::alike};
  own.wait_for(departs[before] + 1, known[before]);
  // Room in the next column: a copy, or of the last copy the next group's first, which has to be as late.
  const std::int32_t next = lists_.ring(lists_.depart, position, line - 1)[room] + 1;
  if (lag > 0) {
    const std::int32_t of_copy = departs[room] + checks_.shift + 1;
    const unsigned all_alike = next == of_copy + lag ? ListTimes::exact | ListTimes::alike : ListTimes::exact;
    own.wait_for(of_copy, (known[room] & ListTimes::alike) != 0 ? known[room] & all_alike : 0);
  } else {
    own.wait_for(next,
                 line > 0 ? lists_.ring(lists_.known, position, line - 1)[room] & ListTimes::exact : ListTimes::exact);
  }
  // The last copy of the column before, of which the first is simulated; or where the list comes from.
  std::int32_t upstream = lists_.ring(lists_.depart, position, line + 1)[now];
  unsigned upstream_known = ListTimes::exact;
  if (line + 1 < state_.sizes.chain()) {
    upstream += checks_.line_lag[static_cast<std::size_t>(line) + 1];
    upstream_known = lists_.ring(lists_.known, position, line + 1)[now];
    if ((upstream_known & ListTimes::alike) == 0) upstream_known = 0;
  }
  own.wait_for(upstream + timing_.hop, upstream_known & ListTimes::exact);
  for (std::int32_t free = own.time;; own.time = free) {
    free = free_of_deltas(line, position, deltas, free_of_sums(line, position, own.time));
    if (free == own.time) break;
  }
  if (lag == 0) {
    own.known |= ListTimes::alike;
  } else {
    checks_.hold &= next <= own.time + lag;
  }
  departs[now] = own.time;
  known[now] = static_cast<std::uint8_t>(own.known);
  std::int32_t& free = state_.free.row(line)[position];
  const std::int32_t take = std::max(own.time + timing_.ramp, free);
  if (take > free) checks_.hold &= own.known == (ListTimes::exact | ListTimes::alike);
  books_.row(&PartBooks::wait_stream, line)[position] += take - free;
  taken[now] = take;
  free = take + (control ? timing_.control : 1);
}

}  // namespace weft::hw
