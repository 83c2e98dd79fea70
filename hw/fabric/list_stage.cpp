// Rounds that differ, and the lists of a sparse gradient: which elements of its vectors a PE adds up in a round. Lists
// come from the edge along the chain's way, one for each position; every PE of the way takes all of it, a wavelet a
// cycle, before the round's stream.
//   router  d(l,k) = max(d(l+1,k) + hop, d(l,k-1) + 1, d(l-1,k-link_queue) + 1, c(l,k-input_queue) + ramp), moved past
//           the cycles in which sums of earlier rounds cross the ramp of l or leave it
//   core    c(l,k) = max(d(l,k) + ramp, core free)
// Left out: a list's last wavelets also give way to the first deltas and sums of their own round, which are timed after
// them, and the last deltas of a round to a later round's sums, which a queue longer than a round lets in.
//
// Columns that are copies (fold.h): a list goes on a hop a cycle but the sums several, so not all departures of copies
// are copies. Of those of a column that stands for others is known whether the time is `exact` and not only a bound,
// and whether copies are `alike`, each `shift` later; else a copy's is not later than that, for all that it waits for
// is not. A core may wait for its list only if its time is both.
#include <algorithm>

#include "hw/fabric/stream_reduce.h"

namespace weft::hw {

void StreamReduce::begin_round(const std::uint16_t* wavelets, const std::uint16_t* elements) {
  if (wavelets) data_.assign(wavelets, wavelets + shape_.chain);
  if (!elements) return;
  max_elements_ = 0;
  for (Group& group : groups_) {
    group.elements = elements[group.first];
    max_elements_ = std::max(max_elements_, group.elements);
    length_[static_cast<std::size_t>(group.first)] =
        timing_.issue + static_cast<int>(ceil_div(group.elements, shape_.lanes));
  }
}

void StreamReduce::close_counts() {
  for (std::size_t line = 0; line < sent_.size(); ++line) sent_[line] += data_[line] + 1;
  for (Group& group : groups_) {
    group.summed += group.elements;
    group.axpy_cycles += length_[static_cast<std::size_t>(group.first)] - timing_.issue;
  }
  ++rounds_;
}

// Of counted rounds, how many wavelets and elements there were is all the same to those that follow.
void StreamReduce::set_rounds(std::int64_t rounds) {
  rounds_ = rounds;
  for (std::size_t line = 0; line < sent_.size(); ++line) sent_[line] = rounds * (shape_.wavelets[line] + 1);
  for (Group& group : groups_) {
    group.summed = rounds * group.elements;
    group.axpy_cycles = rounds * (length_[static_cast<std::size_t>(group.first)] - timing_.issue);
  }
}

void StreamReduce::begin() {
  begin_ = free_;
  begin_sent_ = sent_;
  for (Group& group : groups_) {
    group.begin_summed = group.summed;
    group.begin_axpys = group.axpy_cycles;
  }
}

const StreamReduce::Group& StreamReduce::group_at(int position) const {
  if (shape_.lists) return groups_[static_cast<std::size_t>(position)];
  return *std::find_if(groups_.begin(), groups_.end(), [=](const Group& group) { return position < group.last; });
}

std::int64_t StreamReduce::wavelets_taken(int line) const {
  const auto l = static_cast<std::size_t>(line);
  return sent_[l] - begin_sent_[l] - (rounds_ - first_round_);
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

std::int32_t& StreamReduce::list_time(int position, int line, int offset) {
  return list_ring(list_depart_, position, line)[slot(group_at(position).summed + rounds_ + offset)];
}

int StreamReduce::list_wavelets(int position) const { return position < active_ ? group_at(position).elements + 1 : 0; }

void StreamReduce::take_list(int position, int first, int last, std::int32_t edge) {
  const Group& group = group_at(position);
  for (int offset = first; offset < last; ++offset) {
    const std::int64_t k = group.summed + rounds_ + offset;
    if (!shape_.chain_from_below) enter_list(position, k, edge + 1 + offset);
    for (int line = shape_.chain - 1; line >= 0; --line) pass_list(line, position, k, offset == group.elements);
  }
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
      each(first, [&](const Group& group, std::int64_t k, int offset) {
        pass_list(line, group.first, k, offset == group.elements);
      });
  }
}

// First cycle in which no sum crosses the ramp, nor leaves on the link that the list takes as well.
std::int32_t StreamReduce::free_of_sums(int line, int position, std::int32_t from) const {
  const auto l = static_cast<std::size_t>(line);
  const bool goes_on = line > 0 || shape_.chain_to_above;
  for (std::int32_t free = from;; from = free) {
    free = listed_sums_[l].first_free(position, from);
    if (goes_on) free = listed_leave_[l].first_free(position, free);
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
  std::int32_t* entries = list_ring(list_depart_, position, below);
  Departure entry{std::max(fed, entries[slot(k - 1)] + 1), list_exact | list_alike};
  entry.wait_for(list_ring(list_depart_, position, below - 1)[slot(k - timing_.link_queue)] + 1,
                 list_ring(list_known_, position, below - 1)[slot(k - timing_.link_queue)]);
  entries[slot(k)] = entry.time;
  fold_holds_ &= (entry.known & list_exact) != 0;
}

// Through the router of a line, into its core.
void StreamReduce::pass_list(int line, int position, std::int64_t k, bool control) {
  const std::size_t now = slot(k), before = slot(k - 1), room = slot(k - timing_.link_queue);
  std::int32_t *departs = list_ring(list_depart_, position, line), *taken = list_ring(list_taken_, position, line);
  std::uint8_t* known = list_ring(list_known_, position, line);
  const std::int32_t lag = line_lag_[static_cast<std::size_t>(line)];
  Departure own{taken[slot(k - timing_.input_queue)] + timing_.ramp, list_exact | list_alike};
  own.wait_for(departs[before] + 1, known[before]);
  // Room in the next column: a copy, or of the last copy the next group's first, which has to be as late.
  const std::int32_t next = list_ring(list_depart_, position, line - 1)[room] + 1;
  if (lag > 0) {
    const std::int32_t of_copy = departs[room] + fold_shift_ + 1;
    const unsigned all_alike = next == of_copy + lag ? list_exact | list_alike : list_exact;
    own.wait_for(of_copy, (known[room] & list_alike) != 0 ? known[room] & all_alike : 0);
  } else {
    own.wait_for(next, line > 0 ? list_ring(list_known_, position, line - 1)[room] & list_exact : list_exact);
  }
  // The last copy of the column before, of which the first is simulated; or where the list comes from.
  std::int32_t upstream = list_ring(list_depart_, position, line + 1)[now];
  unsigned upstream_known = list_exact;
  if (line + 1 < shape_.chain) {
    upstream += line_lag_[static_cast<std::size_t>(line) + 1];
    upstream_known = list_ring(list_known_, position, line + 1)[now];
    if ((upstream_known & list_alike) == 0) upstream_known = 0;
  }
  own.wait_for(upstream + timing_.hop, upstream_known & list_exact);
  own.time = free_of_sums(line, position, own.time);
  if (lag == 0) {
    own.known |= list_alike;
  } else {
    fold_holds_ &= next <= own.time + lag;
  }
  departs[now] = own.time;
  known[now] = static_cast<std::uint8_t>(own.known);
  std::int32_t& free = row(free_, line)[position];
  const std::int32_t take = std::max(own.time + timing_.ramp, free);
  if (take > free) fold_holds_ &= own.known == (list_exact | list_alike);
  row(wait_stream_, line)[position] += take - free;
  taken[now] = take;
  free = take + (control ? timing_.control : 1);
}

// Taken `shift` later than the line before it, and gone on no later than that.
bool StreamReduce::list_is_copy(int line, std::int32_t shift) const {
  if (!shape_.lists) return true;
  const auto l = static_cast<std::size_t>(line);
  if (!listed_sums_[l].is_copy(listed_sums_[l + 1], shift) || !listed_leave_[l].is_copy(listed_leave_[l + 1], shift))
    return false;
  for (int position = 0; position < active_; ++position) {
    const std::int32_t *taken = list_ring(list_taken_, position, line), *left = list_ring(list_depart_, position, line);
    const std::int32_t* taken_before = list_ring(list_taken_, position, line + 1);
    const std::int32_t* left_before = list_ring(list_depart_, position, line + 1);
    for (const std::uint8_t* known :
         {list_ring(list_known_, position, line), list_ring(list_known_, position, line + 1)})
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

void StreamReduce::fold_lists(const StreamReduce& from, const Fold& fold) {
  if (!shape_.lists) return;
  groups_ = from.groups_;
  length_ = from.length_;
  max_elements_ = from.max_elements_;
  for (std::size_t group = 0; group < fold.first.size(); ++group) {
    listed_sums_[group] = from.listed_sums_[static_cast<std::size_t>(fold.first[group])];
    listed_leave_[group] = from.listed_leave_[static_cast<std::size_t>(fold.first[group])];
  }
  for (int position = 0; position < active_; ++position) {
    std::copy_n(from.list_ring(from.list_depart_, position, from.shape_.chain), timing_.history,
                list_ring(list_depart_, position, shape_.chain));
    for (int group = 0; group < shape_.chain; ++group) {
      const int line = fold.first[static_cast<std::size_t>(group)];
      const std::int32_t* left = from.list_ring(from.list_depart_, position, line);
      std::copy_n(left, timing_.history, list_ring(list_depart_, position, group));
      std::copy_n(from.list_ring(from.list_taken_, position, line), timing_.history,
                  list_ring(list_taken_, position, group));
      std::uint8_t* known = list_ring(list_known_, position, group);
      for (int copy = 1; copy < fold.copies[static_cast<std::size_t>(group)]; ++copy) {
        const std::int32_t* copy_left = from.list_ring(from.list_depart_, position, line - copy);
        for (int back = 0; back < timing_.history; ++back)
          if (copy_left[back] != left[back] + copy * fold.shift) known[back] = list_exact;
      }
    }
  }
}

// Of a departure whose copies are not alike only a bound is known, for all but the first of them.
void StreamReduce::unfold_lists(const StreamReduce& from, const Fold& fold) {
  if (!shape_.lists) return;
  length_ = from.length_;
  max_elements_ = from.max_elements_;
  const auto later = [](std::int32_t time, std::int32_t cycles) { return time == never_binds ? time : time + cycles; };
  for (int position = 0; position < active_; ++position)
    std::copy_n(from.list_ring(from.list_depart_, position, from.shape_.chain), timing_.history,
                list_ring(list_depart_, position, shape_.chain));
  for (std::size_t group = 0; group < fold.first.size(); ++group) {
    for (int copy = 0; copy < fold.copies[group]; ++copy) {
      const int line = fold.first[group] - copy, of = static_cast<int>(group);
      const std::int32_t cycles = copy * fold.shift;
      listed_sums_[static_cast<std::size_t>(line)] = from.listed_sums_[group].later(cycles);
      listed_leave_[static_cast<std::size_t>(line)] = from.listed_leave_[group].later(cycles);
      for (int position = 0; position < active_; ++position) {
        for (int back = 0; back < timing_.history; ++back) {
          const unsigned known = from.list_ring(from.list_known_, position, of)[back];
          const bool alike = (known & list_alike) != 0;
          list_ring(list_depart_, position, line)[back] =
              later(from.list_ring(from.list_depart_, position, of)[back], cycles);
          list_ring(list_taken_, position, line)[back] =
              later(from.list_ring(from.list_taken_, position, of)[back], cycles);
          list_ring(list_known_, position, line)[back] = static_cast<std::uint8_t>(copy == 0 ? known | list_alike
                                                                                   : alike   ? known
                                                                                             : 0);
        }
      }
    }
  }
}

}  // namespace weft::hw
