#include "sw/compiler/sparse_rounds.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <map>

#include "hw/fabric/fabric_timing.h"
#include "tlm/base/split_mix.h"

namespace weft::sw {

using hw::FabricTiming;
using hw::LaunchMap;

namespace {

constexpr double long_before = -1e15;

/// How many of some weights are kept: a draw is a quantile.
class KeptOf {
 public:
  KeptOf(int weights, double kept) {
    double exactly = std::pow(1 - kept, weights), enough = exactly;
    int count = 0;
    for (int quantile = 0; quantile < quantiles; ++quantile) {
      for (; count < weights && enough < (quantile + 0.5) / quantiles; ++count, enough += exactly)
        exactly *= (weights - count) / (count + 1.0) * kept / (1 - kept);
      counts_.push_back(count);
    }
  }
  int draw(std::uint64_t which) const {
    return counts_[static_cast<std::size_t>(split_mix(which * split_mix_gamma) >> (64 - bits))];
  }

 private:
  static constexpr int bits = 10, quantiles = 1 << bits;
  std::vector<int> counts_;
};

/// What the rows keep, round by round.
class Draws {
 public:
  /// `most`: weights of each row; with `bias` one of the last row's is always kept.
  Draws(const std::vector<int>& most, double kept, bool bias) {
    for (std::size_t row = 0; row < most.size(); ++row) {
      const int always = bias && row + 1 == most.size() ? 1 : 0, weights = most[row] - always;
      of_.push_back({&known_.try_emplace(weights, weights, kept).first->second, always});
    }
  }
  int count(int round, std::size_t row) const {
    return of_[row].kept->draw(static_cast<std::uint64_t>(round) * of_.size() + row + 1) + of_[row].always;
  }

 private:
  struct Row {
    const KeptOf* kept;
    int always;
  };
  std::map<int, KeptOf> known_;
  std::vector<Row> of_;
};

/// A core whose receiver takes the sums that return to its row, in the place of other work.
class Core {
 public:
  explicit Core(int elements) : elements_(elements) {}
  /// The sum's first element comes at `at`, be it before the end of what work() has been told of.
  void returns(double at) { due_.push_back(at); }
  /// When `cycles` of work from `from` on have ended, of which a share of `idle` is nobody's.
  double work(double from, double cycles, double idle = 0) {
    if (from > end_) busy_since_ = from;
    end_ = from + cycles;
    for (; cycles > 0 && !due_.empty() && due_.front() < end_; due_.pop_front())
      end_ += std::max(0.0, std::min(elements_, due_.front() + elements_ - busy_since_)) * (1 - idle);
    return end_;
  }

 private:
  double elements_, end_ = 0, busy_since_ = 0;
  std::deque<double> due_;
};

/// Forward and delta. Each row does its AXPYs, then adds its accumulators to the sum that comes from the row below,
/// when there is room for it on the way up.
class SummedUp {
 public:
  SummedUp(const FabricTiming& timing, int lanes, const LaunchMap& map, std::size_t rows)
      : timing_(timing),
        elements_(*std::max_element(map.elements.begin(), map.elements.end())),
        held_(timing.output_queue + timing.link_queue + std::min(timing.input_queue, elements_)),
        axpy_(timing.issue + static_cast<double>(ceil_div(elements_, lanes))),
        free_(rows, std::max(timing.dispatch, (map.positions + 1) * timing.hop + timing.ramp)),
        ready_(rows, 0),
        cores_(rows, Core(elements_)),
        sums_(static_cast<std::size_t>(held_ / elements_) + 2, std::vector<Sum>(rows)) {}

  /// `owner`: the row that the sum returns to, which may be one that adds nothing; `next`: of the round after it.
  void round(const Draws& draws, int owner, int next) {
    const double step = timing_.hop + 2 * timing_.ramp + 1, back = 2 * timing_.ramp + 1;
    std::vector<Sum>& now = sums_of(++round_);
    for (std::size_t row = now.size(); row-- > 0;) {
      const double at = multiplied(row, draws.count(round_, row));
      ready_[row] = at + timing_.fill;
      now[row].first = cores_[row].work(at, timing_.issue);
      if (row + 1 < now.size()) now[row].first = std::max(now[row].first, now[row + 1].first + step);
      if (row > 0) now[row].first = std::max(now[row].first, added(-held_, row - 1) + back);
    }
    for (std::size_t row = now.size(); row-- > 0;) {
      const int fits = elements_ - 1 - held_;
      double& last = now[row].last;
      last = cores_[row].work(now[row].first, elements_ - 1);
      if (row + 1 < now.size()) last = std::max(last, now[row + 1].last + step);
      if (row > 0) last = std::max(last, (fits < 0 ? added(fits, row - 1) : now[row - 1].first + fits) + back);
      const bool switches = row == 0 && owner > 0 && next != owner;
      free_[row] = cores_[row].work(last, 1 + timing_.scalar + (switches ? timing_.control : 0));
    }
    if (const auto to = static_cast<std::size_t>(owner); to > 0 && to < cores_.size())
      cores_[to].returns(now[0].first + back + owner * timing_.hop);
  }
  /// When row 0 has the last sum.
  double end() { return sums_of(round_).front().last + 1; }

 private:
  struct Sum {
    double first = long_before, last = long_before;  ///< elements, as the row issues them
  };
  std::vector<Sum>& sums_of(int round) { return sums_[static_cast<std::size_t>(round) % sums_.size()]; }

  /// When the row's AXPYs are done and it can begin to add.
  double multiplied(std::size_t row, int count) {
    const double start = std::max(free_[row], ready_[row]), period = std::max<double>(axpy_, timing_.fill);
    if (count == 0) {
      free_[row] = cores_[row].work(free_[row], timing_.control);
    } else {
      const double of_last = cores_[row].work(start, (count - 1) * period, 1 - axpy_ / period);
      free_[row] = cores_[row].work(of_last, axpy_ + timing_.control);
      ready_[row] = of_last + timing_.fill;
    }
    return std::max(free_[row], ready_[row]);
  }
  /// When the row added an element of a round before this one; -1 is the last of the one before.
  double added(int element, std::size_t row) {
    int round = round_;
    for (; element < 0; --round) element += elements_;
    if (round < 0) return long_before;
    const Sum& sum = sums_of(round)[row];
    return elements_ > 1 ? sum.first + (sum.last - sum.first) * element / (elements_ - 1) : sum.first;
  }

  const FabricTiming& timing_;
  int elements_, held_, round_ = -1;
  double axpy_;
  std::vector<double> free_, ready_;
  std::vector<Core> cores_;
  std::vector<std::vector<Sum>> sums_;  ///< of as many rounds as the way up holds
};

/// The gradient, of which all columns do the same. Each row reads which sums are wanted, does an AXPY on those with
/// each delta, and sends them east. The deltas come from their owner through all rows up to the farthest, so a row
/// holds up those behind it when its queue is full, and those before it when the links between are full as well.
class Multicast {
 public:
  Multicast(const FabricTiming& timing, int lanes, const LaunchMap& map, std::size_t rows)
      : timing_(timing),
        lanes_(lanes),
        deltas_(map.wavelets.back()),
        columns_(map.chain),
        rows_(rows),
        taken_(static_cast<std::size_t>(farthest_room() / (deltas_ + 1) + 2), std::vector<Taken>(rows)) {
    for (Row& row : rows_) row.free = timing.dispatch;
  }

  /// `owner`: the row that sends the deltas; one without inputs has sent them in time.
  void round(const Draws& draws, int owner) {
    ++round_;
    for (std::size_t at = 0; at < rows_.size(); ++at) {
      Row& row = rows_[at];
      row.kept = draws.count(round_, at);
      row.axpy = timing_.issue + static_cast<double>(ceil_div(row.kept, lanes_));
      row.period = std::max<double>(row.axpy, timing_.fill);
      row.start = std::max(row.free + row.kept + list_waits(row.kept) + timing_.control, row.ready);
    }
    const int count = static_cast<int>(rows_.size());
    Taken sent;
    if (owner < count) {
      sent.first = rows_[static_cast<std::size_t>(owner)].start;
      sent.control = sent.first + (deltas_ - 1) * rows_[static_cast<std::size_t>(owner)].period;
      take(owner, sent, Taken());
    }
    Taken room;
    for (int at = owner + 1; at < count; ++at) pass(at, at - owner, +1, sent, room);
    room = {};
    for (int at = std::min(owner, count) - 1; at >= 0; --at) pass(at, owner - at, -1, sent, room);
  }
  double end() const {
    return std::max_element(rows_.begin(), rows_.end(), [](const Row& a, const Row& b) { return a.free < b.free; })
        ->free;
  }

 private:
  struct Row {
    double free = 0, ready = 0, start = 0, axpy = 0, period = 0;
    int kept = 0;
  };
  /// When a row takes a round's first delta and the control wavelet that closes the round; or may take the first and
  /// the last delta.
  struct Taken {
    double first = long_before, control = long_before;
    void wait_for(const Taken& other) {
      first = std::max(first, other.first);
      control = std::max(control, other.control);
    }
    Taken later(double cycles) const { return {first + cycles, control + cycles}; }
  };

  int farthest_room() const { return timing_.input_queue + 2 * timing_.link_queue; }
  std::vector<Taken>& taken_in(int round) { return taken_[static_cast<std::size_t>(round) % taken_.size()]; }

  /// A row that is `distance` from the owner, the next one being at + `way`. `room`: of the rows before it.
  void pass(int at, int distance, int way, const Taken& sent, Taken& room) {
    Taken may = sent.later(2 * timing_.ramp + 1 + distance * timing_.hop);
    may.wait_for(room);
    for (int next = 1; next <= 2; ++next)
      if (const int behind = at + next * way; behind >= 0 && behind < static_cast<int>(rows_.size()))
        may.wait_for(room_of(behind, timing_.input_queue + next * timing_.link_queue, may.first));
    room.wait_for(room_of(at, timing_.input_queue, may.first).later(2 * timing_.ramp + timing_.hop));
    take(at, may, may);
  }
  /// When a row has taken the wavelets so many before a round's first and last delta. `first`: it takes none of this
  /// round before.
  Taken room_of(int at, int before, double first) {
    const Row& row = rows_[static_cast<std::size_t>(at)];
    const int last = deltas_ - 1 - before;
    return {taken(at, -before), last < 0 ? taken(at, last) : std::max(row.start, first) + last * row.period};
  }
  /// Of a round before this one; -1 is its last wavelet.
  double taken(int at, int wavelet) {
    int round = round_;
    for (; wavelet < 0; --round) wavelet += deltas_ + 1;
    if (round < 0) return long_before;
    const Taken& of = taken_in(round)[static_cast<std::size_t>(at)];
    return of.first + (of.control - of.first) * wavelet / deltas_;
  }
  void take(int at, const Taken& sent, const Taken& room) {
    Row& row = rows_[static_cast<std::size_t>(at)];
    const double first = std::max({row.start, sent.first, room.first});
    const double last = std::max({first + (deltas_ - 1) * row.period, sent.control, room.control});
    taken_in(round_)[static_cast<std::size_t>(at)] = {first, last + row.axpy};
    const double sums = std::max(last + std::max<double>(row.axpy + timing_.control, timing_.fill), row.ready);
    row.ready = sums + timing_.fill;
    row.free = sums + timing_.issue + row.kept + timing_.scalar;
  }
  /// A list goes on when all columns that it is on the way to have room, and each column begins to read a step after
  /// the one before: how much later than without them a column has read a list of `kept`.
  double list_waits(int kept) const {
    const int behind = std::min(columns_ - 1, (kept - timing_.input_queue) / timing_.link_queue);
    const int each = timing_.hop + 2 * timing_.ramp + 2 - timing_.link_queue;
    return kept < timing_.input_queue ? 0 : std::max(0, behind * each + 2 * timing_.ramp - timing_.input_queue);
  }

  const FabricTiming& timing_;
  int lanes_, deltas_, columns_, round_ = -1;
  std::vector<Row> rows_;
  std::vector<std::vector<Taken>> taken_;  ///< of as many rounds as the queues hold
};

/// Cycles that the busiest channel needs for a round's words in, each with its index, or of a gradient the lists; and
/// for its sums.
struct EdgeCycles {
  double in = 0, out = 0;
  double held = 0;  ///< rounds of sums that the edge holds
};

EdgeCycles edge_cycles(const hw::IoSpec& io, const hw::EdgeLayout& layout, const LaunchMap& most, double kept) {
  constexpr int index_bits = 16, sum_bits = 32, sum_bytes = 4;
  const bool rows = most.lines_are_rows;
  const std::vector<int>& of_row = rows ? most.wavelets : most.elements;
  double in = 0, out = 0, most_in = 0, most_out = 0, widest = 1;
  for (std::size_t row = 0; row < of_row.size() && of_row[row] > 0; ++row) {
    if (layout.opens_channel(static_cast<int>(row))) in = out = 0;
    const double count = of_row[row] * kept;
    in += rows ? count * most.edge_bits() / io.channel_bits_per_cycle + 1
               : std::max(1.0, (count + 1.5) * index_bits / io.channel_bits_per_cycle);
    out += rows ? 0 : count * sum_bits / io.channel_bits_per_cycle;
    most_in = std::max(most_in, in);
    most_out = std::max(most_out, out);
    widest = std::max(widest, count);
  }
  return {most_in, most_out, static_cast<double>(io.row_buffer_bytes) / sum_bytes / widest};
}

/// Enough for the deviation that tests/analytic holds; a plan's search looks at some thousand launches.
constexpr double rounds_times_rows = 1024;

/// Of a launch with the same share of the rows and of the rounds, so that each row owns as many rounds.
double play_sums(const FabricTiming& timing, int lanes, const LaunchMap& most, double kept, bool bias) {
  const auto rows = static_cast<double>(most.chain);
  const double share = std::min(1.0, std::sqrt(rounds_times_rows / rows / most.rounds));
  const int some_rows = static_cast<int>(std::ceil(share * rows)),
            rounds = static_cast<int>(std::ceil(share * most.rounds));
  std::vector<int> weights(static_cast<std::size_t>(some_rows));
  for (int row = 0; row < some_rows; ++row)
    weights[static_cast<std::size_t>(row)] =
        most.wavelets[static_cast<std::size_t>((row + 1) * most.chain / some_rows - 1)];
  const Draws draws(weights, kept, bias);
  SummedUp launch(timing, lanes, most, weights.size());
  double first = 0;
  // Row 0 keeps its own sums, so it owns no more rounds than its own.
  const auto owner = [&](int round) {
    const int whole = most.owner_row(static_cast<int>(std::int64_t{round} * most.rounds / rounds));
    return whole == 0 ? 0 : std::max(1, static_cast<int>(whole * some_rows / rows));
  };
  for (int round = 0; round < rounds; ++round) {
    launch.round(draws, owner(round), owner(std::min(round + 1, rounds - 1)));
    if (round == 0) first = launch.end();
  }
  const double step = timing.hop + 2 * timing.ramp + 1;
  return first + (rows - some_rows) * step + (launch.end() - first) * (most.rounds - 1) / std::max(1, rounds - 1);
}

/// Some rounds of all rows; the others take as long as the second half of these.
double play_multicast(const FabricTiming& timing, int lanes, const LaunchMap& most, double kept, bool bias) {
  const std::vector<int>& of = most.elements;
  const std::vector<int> weights(of.begin(), std::find(of.begin(), of.end(), 0));
  const Draws draws(weights, kept, bias);
  Multicast launch(timing, lanes, most, weights.size());
  constexpr int least_rounds = 8;
  const int enough = static_cast<int>(rounds_times_rows / static_cast<double>(weights.size()));
  const int rounds = std::min(most.rounds, std::max(least_rounds, enough)), half = rounds / 2;
  double before = 0;
  for (int round = 0; round < rounds; ++round) {
    launch.round(draws, most.owner_row(round));
    if (round == half) before = launch.end();
  }
  const double pace = (launch.end() - before) / std::max(1, rounds - 1 - half);
  return launch.end() + (most.rounds - rounds) * pace + (most.chain - 1) * (timing.hop + 2 * timing.ramp + 1);
}

}  // namespace

SparseRounds sparse_rounds(const hw::MachineSpec& machine, const hw::EdgeLayout& layout, const LaunchMap& most,
                           double kept, bool bias) {
  const FabricTiming timing(machine);
  const double cycles =
      (most.lines_are_rows ? play_sums : play_multicast)(timing, timing.axpy_lanes(most.half_sums), most, kept, bias);
  const EdgeCycles edge = edge_cycles(machine.io, layout, most, kept);
  // As if the words in had no time before the launch.
  const double in = most.rounds * edge.in, out = std::max(0.0, most.rounds - edge.held) * edge.out;
  const double round = cycles / most.rounds, through_edge = std::max(in, out);
  SparseRounds rounds;
  rounds.edge = in >= out ? proto::Limiter::edge_in : proto::Limiter::edge_out;
  rounds.on_wafer = std::llround(cycles);
  rounds.words_in = edge.in;
  rounds.words_out = edge.out;
  rounds.held_out = edge.held;
  rounds.cycles = std::llround(std::max(cycles, through_edge + round));
  if (through_edge + round > cycles) rounds.of_edge = std::llround(through_edge);
  return rounds;
}

}  // namespace weft::sw
