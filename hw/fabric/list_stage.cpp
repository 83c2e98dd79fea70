// The lists of a sparse gradient: which elements of its vectors a PE adds up in a round. They come from the edge along
// the chain's way, one for each position; every PE of the way takes all of it, a wavelet a cycle, before the round's
// stream. A list goes on a hop a cycle but the sums several: so where columns are copies of each other (fold.h) lists
// wait for room in the cores' queues, and a core hardly ever waits for its list.
//   router  d(l,k) = max(d(l+1,k) + hop, d(l,k-1) + 1, d(l-1,k-link_queue) + 1, c(l,k-input_queue) + ramp)
//   core    c(l,k) = max(d(l,k) + ramp, core free)
// Of columns that are copies the first and the last one's departures are simulated. A copy's is never later than the
// first one's by more than `shift` a column. Of a departure is known whether it is `exact` and not that bound, and
// whether it is `alike`, just so much later in every copy. A core may wait for its list only if both are so, which is
// checked with every wavelet.
#include <algorithm>

#include "hw/fabric/stream_reduce.h"

namespace weft::hw {

namespace {

constexpr std::uint8_t exact = 1, alike = 2;

}  // namespace

void StreamReduce::take_lists(const std::int32_t* edge) {
  for (const Group& group : groups_) {
    const std::int64_t base = group.summed + rounds_;  // a control wavelet behind each list
    for (int offset = 0; offset <= group.elements; ++offset)
      list_wavelet(group.first, base + offset, offset == group.elements, edge[group.first] + 1 + offset);
  }
}

std::int32_t StreamReduce::list_departure(int position) const {
  const Group& group = groups_[static_cast<std::size_t>(position)];
  const std::int64_t last = group.summed + rounds_ + group.elements;
  return list_depart_[list_ring(position, shape_.chain) + static_cast<std::size_t>(last & (history_depth - 1))];
}

void StreamReduce::list_wavelet(int position, std::int64_t k, bool control, std::int32_t fed) {
  const auto slot = [](std::int64_t index) { return static_cast<std::size_t>(index & (history_depth - 1)); };
  const std::size_t now = slot(k), before = slot(k - 1), room = slot(k - timing_.link_queue),
                    queued = slot(k - timing_.input_queue);
  const auto p = static_cast<std::size_t>(position);
  std::size_t at = list_ring(position, shape_.chain);
  // Latest of what a departure waits for, and how well that is known.
  struct Departure {
    std::int32_t time;
    std::uint8_t known;
    void wait_for(std::int32_t other, std::uint8_t other_known) {
      if (other > time) known = other_known;
      time = std::max(time, other);
    }
  };
  Departure upstream{fed, exact | alike};
  upstream.wait_for(list_last_[at + before] + 1, list_known_[at + before]);
  if (shape_.chain > 0)
    upstream.wait_for(list_depart_[at - history_depth + room] + 1, list_known_[at - history_depth + room]);
  list_depart_[at + now] = list_last_[at + now] = upstream.time;
  list_known_[at + now] = upstream.known;
  for (int line = shape_.chain - 1; line >= 0; --line) {
    at -= history_depth;
    const std::int32_t lag = line_lag_[static_cast<std::size_t>(line)];
    upstream.time += timing_.hop;
    Departure own{list_taken_[at + queued] + timing_.ramp, exact | alike};
    own.wait_for(list_depart_[at + before] + 1, list_known_[at + before]);
    // Room in the next column: a copy, or the next group's first.
    const std::uint8_t next_known = line > 0 ? list_known_[at - history_depth + room] : std::uint8_t{0};
    const std::int32_t next = line > 0 ? list_depart_[at - history_depth + room] + 1 : never_binds;
    Departure last{list_taken_[at + queued] + timing_.ramp + lag, exact | alike};
    last.wait_for(list_last_[at + before] + 1, list_known_[at + before]);
    last.wait_for(next, next_known);
    if (lag > 0) {
      own.wait_for(list_depart_[at + room] + fold_shift_ + 1, list_known_[at + room]);
      last.wait_for(upstream.time + lag / fold_shift_ * timing_.hop, upstream.known);
    } else {
      own.wait_for(next, next_known);
    }
    if (upstream.time > own.time) own = {upstream.time, static_cast<std::uint8_t>(upstream.known & exact)};
    if (lag == 0) last = own;
    const bool equal = lag == 0 || ((own.known & alike) != 0 && last.time == own.time + lag);
    list_depart_[at + now] = own.time;
    list_last_[at + now] = last.time;
    list_known_[at + now] = static_cast<std::uint8_t>((own.known & last.known & exact) | (equal ? alike : 0));
    const std::size_t pe = static_cast<std::size_t>(line) * width_ + p;
    const std::int32_t taken = std::max(own.time + timing_.ramp, free_[pe]);
    if (taken > free_[pe]) fold_holds_ &= equal && (own.known & exact) != 0;
    wait_stream_[pe] += taken - free_[pe];
    list_taken_[at + now] = taken;
    free_[pe] = taken + (control ? timing_.control : 1);
    upstream = {last.time, static_cast<std::uint8_t>((last.known & exact) | alike)};
  }
}

// One position after the other: their sums do not meet.
void StreamReduce::reduce_listed() {
  newest_.assign(static_cast<std::size_t>(shape_.chain), std::numeric_limits<std::int64_t>::max());
  for (const Group& group : groups_)
    for (int element = 0; element < group.elements; ++element)
      for (int line = shape_.chain - 1; line >= 0; --line)
        reduce_element(line, group.summed + element, group, group.first, group.last);
}

// Taken `shift` later than the line before it, and gone on no later than that.
bool StreamReduce::list_is_copy(int line, std::int32_t shift) const {
  for (int position = 0; shape_.lists && position < active_; ++position) {
    const std::size_t here = list_ring(position, line), before = here + history_depth;
    for (std::size_t slot = 0; slot < history_depth; ++slot) {
      const bool never = list_taken_[here + slot] == never_binds && list_taken_[before + slot] == never_binds;
      if (!never && list_taken_[here + slot] != list_taken_[before + slot] + shift) return false;
      if (list_depart_[here + slot] > std::max(never_binds, list_depart_[before + slot] + shift)) return false;
    }
  }
  return true;
}

void StreamReduce::fold_lists(const StreamReduce& from, const Fold& fold) {
  if (!shape_.lists) return;
  groups_ = from.groups_;
  length_ = from.length_;
  max_elements_ = from.max_elements_;
  for (int position = 0; position < active_; ++position) {
    for (int group = 0; group <= shape_.chain; ++group) {
      const bool edge = group == shape_.chain;
      const std::size_t to = list_ring(position, group);
      const int line = edge ? from.shape_.chain : fold.first[static_cast<std::size_t>(group)];
      const std::size_t first = from.list_ring(position, line);
      for (std::size_t slot = 0; slot < history_depth; ++slot) {
        list_depart_[to + slot] = from.list_depart_[first + slot];
        list_taken_[to + slot] = from.list_taken_[first + slot];
        const int copies = edge ? 1 : fold.copies[static_cast<std::size_t>(group)];
        list_last_[to + slot] = from.list_depart_[from.list_ring(position, line - (copies - 1)) + slot];
        for (int copy = 1; copy < copies; ++copy)
          if (from.list_depart_[from.list_ring(position, line - copy) + slot] !=
              from.list_depart_[first + slot] + copy * fold.shift)
            list_known_[to + slot] = exact;
      }
    }
  }
}

}  // namespace weft::hw
