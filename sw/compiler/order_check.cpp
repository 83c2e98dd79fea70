#include "sw/compiler/order_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "tlm/base/error.h"

namespace weft::sw {

namespace {

/// A wavelet on its way to a row; the last one of a round closes it.
struct Word {
  int row, round;
};

/// What one channel has still to send, in order, made as it is sent.
class ChannelStream {
 public:
  ChannelStream(const hw::LaunchMap& map, const hw::StreamOrder& order, int rounds, int first_row, int last_row)
      : map_(map), order_(order), rounds_(rounds), first_row_(first_row), last_row_(last_row) {
    refill();
  }
  const Word* head() const { return words_.empty() ? nullptr : &words_.front(); }
  void pop() {
    words_.pop_front();
    if (words_.empty()) refill();
  }

 private:
  /// The words of the next block (by element: of the next row's next element).
  void refill() {
    if (order_.by_element) return refill_element();
    if (round_ >= rounds_) return;
    const int last = std::min(round_ + order_.block, rounds_);
    for (int row = first_row_; row < last_row_; ++row)
      for (int round = round_; round < last; ++round)
        for (int word = 0; word <= map_.wavelets_of(round, row); ++word) words_.push_back({row, round});
    round_ = last;
  }

  void refill_element() {
    while (words_.empty() && first_row_ < last_row_) {
      bool more = false;
      for (int round = 0; round < rounds_; ++round) {
        const int wavelets = map_.wavelets_of(round, first_row_);
        // The closing word goes with a round's last weight, or alone.
        const bool closes = element_ + 1 == wavelets || (element_ == 0 && wavelets == 0);
        for (int word = 0; word < (element_ < wavelets ? 1 : 0) + (closes ? 1 : 0); ++word)
          words_.push_back({first_row_, round});
        more |= element_ + 1 < wavelets;
      }
      if (more) {
        ++element_;
      } else {
        ++first_row_;
        element_ = 0;
      }
    }
  }

  const hw::LaunchMap& map_;
  hw::StreamOrder order_;
  int rounds_, first_row_, last_row_;
  int round_ = 0, element_ = 0;
  std::deque<Word> words_;
};

/// What the PEs of a row have done; they are alike, and a multicast moves at the pace of the slowest.
struct Row {
  std::deque<int> queue;  ///< rounds of the wavelets that wait
  int taken = 0;          ///< wavelets of the open round
  int closed = 0;         ///< rounds
};

/// Three blocks show what the others do where blocks are alike. By single rounds a channel sends nothing of the next
/// round before every row can end this one, however many wavelets rounds have.
int rounds_to_play(const hw::LaunchMap& map, const hw::StreamOrder& order) {
  const bool alike = !map.kept || order.block == 1;
  return order.by_element || !alike ? map.rounds : std::min(map.rounds, 3 * order.block);
}

class Play {
 public:
  Play(const hw::MachineSpec& machine, const hw::EdgeLayout& layout, const hw::LaunchMap& map,
       const hw::StreamOrder& order)
      : map_(map),
        room_(static_cast<std::size_t>(machine.router.link_queue + machine.router.input_queue)),
        rounds_(rounds_to_play(map, order)),
        rows_(static_cast<std::size_t>(map.chain)) {
    for (int row = 0; row < map.chain; row += layout.lines_per_channel())
      channels_.emplace_back(map, order, rounds_, row, std::min(row + layout.lines_per_channel(), map.chain));
  }

  std::string run() {
    for (bool moved = true; moved;) {
      moved = false;
      for (ChannelStream& channel : channels_) moved |= push(channel);
      for (int row = 0; row < map_.chain; ++row) moved |= take(row);
      for (int row = map_.chain - 1; row >= 0; --row) moved |= close(row);
    }
    for (int row = 0; row < map_.chain; ++row)
      if (at(row).closed < rounds_) return who_waits(row);
    return {};
  }

 private:
  Row& at(int row) { return rows_[static_cast<std::size_t>(row)]; }
  /// All wavelets of the row's open round are taken.
  bool complete(int row) { return at(row).taken > map_.wavelets_of(std::min(at(row).closed, map_.rounds - 1), row); }

  bool push(ChannelStream& channel) {
    bool moved = false;
    while (const Word* word = channel.head()) {
      if (at(word->row).queue.size() >= room_) break;
      at(word->row).queue.push_back(word->round);
      channel.pop();
      moved = true;
    }
    return moved;
  }

  bool take(int row) {
    bool moved = false;
    Row& state = at(row);
    while (!state.queue.empty() && state.queue.front() == state.closed && !complete(row)) {
      state.queue.pop_front();
      ++state.taken;
      moved = true;
    }
    return moved;
  }

  /// A sum is longer than a queue in general: it moves only when both rows are at the same round's sum.
  bool close(int row) {
    Row& state = at(row);
    if (state.closed >= rounds_ || !complete(row)) return false;
    if (map_.reduces && row + 1 < map_.chain && at(row + 1).closed <= state.closed) return false;
    if (map_.reduces && row > 0 && !(at(row - 1).closed == state.closed && complete(row - 1))) return false;
    ++state.closed;
    state.taken = 0;
    return true;
  }

  /// `row` has not ended: names the link of the circle that starts there.
  std::string who_waits(int row) {
    int other = row;
    while (other + 1 < map_.chain && complete(other)) ++other;
    std::string text;
    if (other != row)
      text = fmt::format("row {} waits for the partial sum of round {}, which waits for row {}; ", row, at(row).closed,
                         other);
    const Row& state = at(other);
    if (!state.queue.empty())
      return text + fmt::format(
                        "row {} waits for the rest of round {}, but its next wavelet (color 3) belongs to round "
                        "{} and its only accumulators are in use",
                        other, state.closed, state.queue.front());
    for (ChannelStream& channel : channels_)
      if (const Word* head = channel.head(); head && head->row < other)
        text += fmt::format(
            "row {} waits for its weights of round {} (color 3), which stand in their channel behind "
            "round {} of row {}, whose queues hold no more than {} wavelets",
            other, state.closed, head->round, head->row, room_);
    return text;
  }

  const hw::LaunchMap& map_;
  std::size_t room_;
  int rounds_;
  std::vector<Row> rows_;
  std::vector<ChannelStream> channels_;
};

}  // namespace

std::string deadlock_of(const hw::MachineSpec& machine, const hw::EdgeLayout& layout, const hw::LaunchMap& map,
                        const hw::StreamOrder& order) {
  return Play(machine, layout, map, order).run();
}

std::string order_text(const hw::StreamOrder& order) {
  if (order.by_element) return "by element";
  return order.block == 1 ? "by round" : fmt::format("by round, blocks of {}", order.block);
}

void require_free_of_deadlock(const hw::MachineSpec& machine, const hw::EdgeLayout& layout, const hw::LaunchMap& map,
                              const hw::StreamOrder& order, const std::string& launch) {
  const std::string circle = deadlock_of(machine, layout, map, order);
  if (!circle.empty())
    throw UsageError(
        fmt::format("stream_order \"{}\" deadlocks in {}: {}; stream_order by_round with stream_block 1 "
                    "is always free of deadlock",
                    order_text(order), launch, circle));
}

}  // namespace weft::sw
