// Rounds that differ, and the lists of a sparse gradient: which elements of its vectors a PE adds up in a round. Lists
// come from the edge along the chain's way, one for each position; every PE of the way takes all of it, a wavelet a
// cycle, before the round's stream.
//   router  d(l,k) = max(d(l+1,k) + hop, d(l,k-1) + 1, d(l-1,k-link_queue) + 1, c(l,k-input_queue) + ramp), moved past
//           the cycles in which sums cross the ramp of l or leave it,
//   core    c(l,k) = max(d(l,k) + ramp, core free)
// and deltas do, of its own round too. What comes to a line before its list is whole is timed before the end of that:
//   - A list's last link_queue wavelets leave a line when the line above has passed all before them, and none of the
//     round's sums leaves before they do. So all before them is timed first, line by line the rest: the owner's list,
//     the deltas that come to others before their lists (as many as their queue holds: a round's at most), the others'
//     lists, the rest of the deltas, the sums that come to the line above.
//   - What is timed first can meet only deltas. If it did, the round is timed again, giving way to them (ListedRounds).
// Left out: sums of a later round, which the queue to the core lets in before the list or the last deltas of this one
// where this one has fewer sums than the queue holds.
//
// Columns that are copies (fold.h): a list goes on a hop a cycle but the sums several, so not all departures of copies
// are copies. Of those of a column that stands for others is known whether the time is `exact` and not only a bound,
// and whether copies are `alike`, each `shift` later; else a copy's is not later than that, for all that it waits for
// is not. A core may wait for its list only if its time is both.
#include <algorithm>

#include "hw/fabric/stream_reduce.h"

namespace weft::hw {

void StreamReduce::begin_round(const std::uint16_t* wavelets, const std::uint16_t* elements) {
  if (wavelets) stream_.data.assign(wavelets, wavelets + shape_.chain);
  lists_.expected_deltas.clear();
  if (!elements) return;
  max_elements_ = 0;
  for (Group& group : groups_) {
    group.elements = elements[group.first];
    max_elements_ = std::max(max_elements_, group.elements);
    stream_.length[static_cast<std::size_t>(group.first)] =
        timing_.issue + static_cast<int>(ceil_div(group.elements, shape_.lanes));
  }
}

void StreamReduce::take_windows(int owner, const std::vector<bool>& apart, bool kept) {
  for (int line = 0; line < shape_.chain; ++line) {
    for (int p = owner < 0 ? 0 : owner; p < (owner < 0 ? active_ : owner + 1); ++p) {
      std::int32_t &free = row(free_, line)[p], &ready = row(ready_, line)[p];
      if (apart[static_cast<std::size_t>(p)] && !(kept && line == 0)) ready = std::min(ready, free);
      free = receivers_.occupy(line, p, free, timing_.scalar);
    }
  }
}

void StreamReduce::close_counts() {
  for (std::size_t line = 0; line < stream_.sent.size(); ++line) stream_.sent[line] += stream_.data[line] + 1;
  for (Group& group : groups_) {
    group.summed += group.elements;
    group.axpy_cycles += stream_.length[static_cast<std::size_t>(group.first)] - timing_.issue;
  }
  ++rounds_;
}

// Of counted rounds, how many wavelets and elements there were is all the same to those that follow.
void StreamReduce::set_rounds(std::int64_t rounds) {
  rounds_ = rounds;
  for (std::size_t line = 0; line < stream_.sent.size(); ++line)
    stream_.sent[line] = rounds * (shape_.wavelets[line] + 1);
  for (Group& group : groups_) {
    group.summed = rounds * group.elements;
    group.axpy_cycles = rounds * (stream_.length[static_cast<std::size_t>(group.first)] - timing_.issue);
  }
}

void StreamReduce::begin() {
  begin_ = free_;
  stream_.begin_sent = stream_.sent;
  for (Group& group : groups_) {
    group.begin_summed = group.summed;
    group.begin_axpys = group.axpy_cycles;
  }
}

const StreamReduce::Group& StreamReduce::group_at(int position) const {
  if (shape_.positions_differ()) return groups_[static_cast<std::size_t>(position)];
  return *std::find_if(groups_.begin(), groups_.end(), [=](const Group& group) { return position < group.last; });
}

std::int64_t StreamReduce::wavelets_taken(int line) const {
  const auto l = static_cast<std::size_t>(line);
  return stream_.sent[l] - stream_.begin_sent[l] - (rounds_ - first_round_);
}

std::int64_t StreamReduce::elements_summed(int position) const {
  if (position >= active_) return 0;
  const Group& group = group_at(position);
  return group.summed - group.begin_summed;
}

std::int64_t StreamReduce::axpy_cycles(int position) const {
  if (position >= active_) return 0;
  const Group& group = group_at(position);
  return group.axpy_cycles - group.begin_axpys;
}

std::int32_t StreamReduce::list_departure() const {
  std::int32_t last = 0;
  for (const Group& group : groups_) {
    const std::int64_t control = group.summed + rounds_ + group.elements;
    last = std::max(last, list_ring(lists_.depart, group.first, shape_.chain)[slot(control)]);
  }
  return last;
}

// Line by line, so that what is at work stays in cache. A wavelet waits for room that the one link_queue before it
// left: so many go together.
void StreamReduce::take_lists(const std::int32_t* edge) {
  const int together = timing_.link_queue;
  const auto each = [&](int first, auto&& visit) {
    for (const Group& group : groups_)
      for (int offset = first; offset < std::min(first + together, group.elements + 1); ++offset)
        visit(group, group.summed + rounds_ + offset, offset);
  };
  for (int first = 0; first <= max_elements_; first += together) {
    each(first, [&](const Group& group, std::int64_t k, int offset) {
      enter_list(group.first, k, edge[group.first] + 1 + offset);
    });
    for (int line = shape_.chain - 1; line >= 0; --line)
      each(first, [&](const Group& group, std::int64_t, int offset) {
        if (offset < first_of_last(group)) pass_list(line, group.first, offset, 0);
      });
  }
}

void StreamReduce::pass_last_of_list(int line, int position, int deltas) {
  const Group& group = group_at(position);
  for (int offset = first_of_last(group); offset <= group.elements; ++offset) pass_list(line, position, offset, deltas);
}

// The owner takes its list and sends; what comes of that to others before they have their lists goes before these.
void StreamReduce::stream_behind_lists(int line, const Source& source) {
  const int early = stream_depth(line), wavelets = data(line) + 1;
  const std::int64_t base = wavelets_before(line);
  stream_.undisturbed[static_cast<std::size_t>(line)] = data(line) > 0;
  if (source.owner < active_) pass_last_of_list(line, source.owner, 0);
  for (int offset = 0; offset < wavelets; ++offset) lists_.senders[ring(line, base + offset)] = source.owner;
  for (int offset = 0; offset < early; ++offset) sweep_wavelet(line, base + offset, offset, source);
  note_first_deltas(line, source.owner);
  for (int position = 0; position < active_; ++position)
    if (position != source.owner) pass_last_of_list(line, position, early);
  for (int offset = 0; offset < early; ++offset) take_wavelet(line, base + offset, offset, source);
  for (int offset = early; offset < wavelets; ++offset) stream_wavelet(line, base + offset, offset, source);
}

void StreamReduce::note_first_deltas(int line, int owner) {
  for (int offset = 0; offset < stream_depth(line); ++offset) {
    std::int32_t* times = lists_.first_deltas.data() + first_delta(line, offset);
    std::copy_n(depart(line, wavelets_before(line) + offset), active_, times);
    if (owner < active_) times[owner] = no_delta;
  }
}

bool StreamReduce::deltas_as_expected() const {
  for (int line = 0; line < shape_.chain; ++line) {
    for (const Group& group : groups_) {
      if (first_of_last(group) == 0) continue;
      const std::int64_t last = group.summed + rounds_ + first_of_last(group) - 1;
      const std::int32_t passed = list_ring(lists_.depart, group.first, line)[slot(last)];
      for (int offset = 0; offset < stream_depth(line); ++offset) {
        const std::size_t at = first_delta(line, offset) + static_cast<std::size_t>(group.first);
        const std::int32_t expected = lists_.expected_deltas.empty() ? no_delta : lists_.expected_deltas[at];
        if (lists_.first_deltas[at] != expected && std::min(lists_.first_deltas[at], expected) <= passed) return false;
      }
    }
  }
  return true;
}

// First cycle in which no delta crosses the ramp: of earlier rounds and, of this one, of the first so many that are
// known; of none of them those that are expected.
std::int32_t StreamReduce::free_of_deltas(int line, int position, int known, std::int32_t from) const {
  const std::int64_t newest = wavelets_before(line) + known - 1;
  const auto at = [&](std::int64_t k) { return depart_row(line, k)[position + 1]; };
  if (from <= at(newest))
    for (std::int64_t k = newest - timing_.history + 1; k <= newest; ++k)
      if (at(k) == from && lists_.senders[ring(line, k)] != position) ++from;
  if (known > 0 || lists_.expected_deltas.empty()) return from;
  for (int offset = 0; offset < stream_depth(line); ++offset)
    if (lists_.expected_deltas[first_delta(line, offset) + static_cast<std::size_t>(position)] == from) ++from;
  return from;
}

// First cycle in which no sum crosses the ramp, nor leaves on the link that the list takes as well.
std::int32_t StreamReduce::free_of_sums(int line, int position, std::int32_t from) const {
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
void StreamReduce::enter_list(int position, std::int64_t k, std::int32_t fed) {
  const int below = shape_.chain;
  std::int32_t* entries = list_ring(lists_.depart, position, below);
  Departure entry{std::max(fed, entries[slot(k - 1)] + 1), list_exact | list_alike};
  entry.wait_for(list_ring(lists_.depart, position, below - 1)[slot(k - timing_.link_queue)] + 1,
                 list_ring(lists_.known, position, below - 1)[slot(k - timing_.link_queue)]);
  entries[slot(k)] = entry.time;
  copies_.hold &= (entry.known & list_exact) != 0;
}

// Through the router of a line, into its core.
void StreamReduce::pass_list(int line, int position, int offset, int deltas) {
  const Group& group = group_at(position);
  const std::int64_t k = group.summed + rounds_ + offset;
  const bool control = offset == group.elements;
  const std::size_t now = slot(k), before = slot(k - 1), room = slot(k - timing_.link_queue);
  std::int32_t *departs = list_ring(lists_.depart, position, line), *taken = list_ring(lists_.taken, position, line);
  std::uint8_t* known = list_ring(lists_.known, position, line);
  const std::int32_t lag = copies_.line_lag[static_cast<std::size_t>(line)];
  Departure own{taken[slot(k - timing_.input_queue)] + timing_.ramp, list_exact | list_alike};
  own.wait_for(departs[before] + 1, known[before]);
  // Room in the next column: a copy, or of the last copy the next group's first, which has to be as late.
  const std::int32_t next = list_ring(lists_.depart, position, line - 1)[room] + 1;
  if (lag > 0) {
    const std::int32_t of_copy = departs[room] + copies_.shift + 1;
    const unsigned all_alike = next == of_copy + lag ? list_exact | list_alike : list_exact;
    own.wait_for(of_copy, (known[room] & list_alike) != 0 ? known[room] & all_alike : 0);
  } else {
    own.wait_for(next, line > 0 ? list_ring(lists_.known, position, line - 1)[room] & list_exact : list_exact);
  }
  // The last copy of the column before, of which the first is simulated; or where the list comes from.
  std::int32_t upstream = list_ring(lists_.depart, position, line + 1)[now];
  unsigned upstream_known = list_exact;
  if (line + 1 < shape_.chain) {
    upstream += copies_.line_lag[static_cast<std::size_t>(line) + 1];
    upstream_known = list_ring(lists_.known, position, line + 1)[now];
    if ((upstream_known & list_alike) == 0) upstream_known = 0;
  }
  own.wait_for(upstream + timing_.hop, upstream_known & list_exact);
  for (std::int32_t free = own.time;; own.time = free) {
    free = free_of_deltas(line, position, deltas, free_of_sums(line, position, own.time));
    if (free == own.time) break;
  }
  if (lag == 0) {
    own.known |= list_alike;
  } else {
    copies_.hold &= next <= own.time + lag;
  }
  departs[now] = own.time;
  known[now] = static_cast<std::uint8_t>(own.known);
  std::int32_t& free = row(free_, line)[position];
  const std::int32_t take = std::max(own.time + timing_.ramp, free);
  if (take > free) copies_.hold &= own.known == (list_exact | list_alike);
  row(books_.wait_stream, line)[position] += take - free;
  taken[now] = take;
  free = take + (control ? timing_.control : 1);
}

// Taken `shift` later than the line before it, and gone on no later than that.
bool StreamReduce::list_is_copy(int line, std::int32_t shift) const {
  if (!shape_.lists) return true;
  const auto l = static_cast<std::size_t>(line);
  if (!lists_.sums[l].is_copy(lists_.sums[l + 1], shift) || !lists_.leave[l].is_copy(lists_.leave[l + 1], shift))
    return false;
  for (int position = 0; position < active_; ++position) {
    const std::int32_t *taken = list_ring(lists_.taken, position, line),
                       *left = list_ring(lists_.depart, position, line);
    const std::int32_t* taken_before = list_ring(lists_.taken, position, line + 1);
    const std::int32_t* left_before = list_ring(lists_.depart, position, line + 1);
    for (const std::uint8_t* known :
         {list_ring(lists_.known, position, line), list_ring(lists_.known, position, line + 1)})
      if (std::any_of(known, known + timing_.history, [](std::uint8_t of) { return (of & list_exact) == 0; }))
        return false;
    for (int back = 0; back < timing_.history; ++back) {
      const bool never = taken[back] == never_binds && taken_before[back] == never_binds;
      if (!never && taken[back] != taken_before[back] + shift) return false;
      if (left[back] > std::max(never_binds, left_before[back] + shift)) return false;
    }
  }
  return true;
}

void StreamReduce::copy_senders(const StreamReduce& from, std::size_t line, std::size_t to) {
  std::copy_n(from.lists_.senders.begin() + static_cast<std::ptrdiff_t>(line * history()), history(),
              lists_.senders.begin() + static_cast<std::ptrdiff_t>(to * history()));
}

void StreamReduce::fold_lists(const StreamReduce& from, const Fold& fold) {
  if (!shape_.lists) return;
  groups_ = from.groups_;
  stream_.length = from.stream_.length;
  max_elements_ = from.max_elements_;
  for (std::size_t group = 0; group < fold.first.size(); ++group) {
    lists_.sums[group] = from.lists_.sums[static_cast<std::size_t>(fold.first[group])];
    lists_.leave[group] = from.lists_.leave[static_cast<std::size_t>(fold.first[group])];
    copy_senders(from, static_cast<std::size_t>(fold.first[group]), group);
  }
  for (int position = 0; position < active_; ++position) {
    std::copy_n(from.list_ring(from.lists_.depart, position, from.shape_.chain), timing_.history,
                list_ring(lists_.depart, position, shape_.chain));
    for (int group = 0; group < shape_.chain; ++group) {
      const int line = fold.first[static_cast<std::size_t>(group)];
      const std::int32_t* left = from.list_ring(from.lists_.depart, position, line);
      std::copy_n(left, timing_.history, list_ring(lists_.depart, position, group));
      std::copy_n(from.list_ring(from.lists_.taken, position, line), timing_.history,
                  list_ring(lists_.taken, position, group));
      std::uint8_t* known = list_ring(lists_.known, position, group);
      for (int copy = 1; copy < fold.copies[static_cast<std::size_t>(group)]; ++copy) {
        const std::int32_t* copy_left = from.list_ring(from.lists_.depart, position, line - copy);
        for (int back = 0; back < timing_.history; ++back)
          if (copy_left[back] != left[back] + copy * fold.shift) known[back] = list_exact;
      }
    }
  }
}

// Of a departure whose copies are not alike only a bound is known, for all but the first of them.
void StreamReduce::unfold_lists(const StreamReduce& from, const Fold& fold) {
  if (!shape_.lists) return;
  stream_.length = from.stream_.length;
  max_elements_ = from.max_elements_;
  const auto later = [](std::int32_t time, std::int32_t cycles) { return time == never_binds ? time : time + cycles; };
  for (int position = 0; position < active_; ++position)
    std::copy_n(from.list_ring(from.lists_.depart, position, from.shape_.chain), timing_.history,
                list_ring(lists_.depart, position, shape_.chain));
  for (std::size_t group = 0; group < fold.first.size(); ++group) {
    for (int copy = 0; copy < fold.copies[group]; ++copy) {
      const int line = fold.first[group] - copy, of = static_cast<int>(group);
      const std::int32_t cycles = copy * fold.shift;
      lists_.sums[static_cast<std::size_t>(line)] = from.lists_.sums[group].later(cycles);
      lists_.leave[static_cast<std::size_t>(line)] = from.lists_.leave[group].later(cycles);
      copy_senders(from, group, static_cast<std::size_t>(line));
      for (int position = 0; position < active_; ++position) {
        for (int back = 0; back < timing_.history; ++back) {
          const unsigned known = from.list_ring(from.lists_.known, position, of)[back];
          const bool alike = (known & list_alike) != 0;
          list_ring(lists_.depart, position, line)[back] =
              later(from.list_ring(from.lists_.depart, position, of)[back], cycles);
          list_ring(lists_.taken, position, line)[back] =
              later(from.list_ring(from.lists_.taken, position, of)[back], cycles);
          list_ring(lists_.known, position, line)[back] = static_cast<std::uint8_t>(copy == 0 ? known | list_alike
                                                                                    : alike   ? known
                                                                                              : 0);
        }
      }
    }
  }
}

}  // namespace weft::hw
