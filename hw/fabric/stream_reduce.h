#pragma once
// The time line of every PE in one launch of a matrix kernel with a stationary operand.
//
// A stream of scalars is multicast along each line; every PE of the line does one AXPY per scalar on its resident
// vector; a control wavelet closes a round; then the round's accumulators are summed down a chain across the lines.
//   forward, delta   lines = rows, chain upwards to row 0, the sum returns to the row that owns the output
//   gradient         lines = columns counted from the east, chain eastwards, the sum leaves at the edge
// Of a sparse layer the rounds differ: lines in their wavelets (forward, delta), positions in their elements (gradient,
// whose PEs are told before each round, by a list along the chain's way, which elements of their vectors are kept).
//
// Max-plus recurrences per wavelet, exact for the machine of rtl/ (one sender per link, private queues per color):
//   router  d(p,k) = max(d(p-1,k) + hop, d(p,k-1) + 1, d(p+1,k-link_queue) + 1, c(p,k-input_queue) + ramp)
//   core    c(p,k) = max(d(p,k) + ramp, core free, accumulators ready)
//   chain   u(l,j) = max(u(l,j-1) + 1, b(l,j) + ramp, a(l,j-output_queue) + ramp)       element issued by the core
//           a(l,j) = max(u(l,j) + 1 + ramp, a(l,j-1) + 1, b(l-1,j-link_queue) + 1)      leaves the router of line l
//           b(l-1,j) = max(a(l,j) + hop, b(l-1,j-1) + 1, u(l-1,j-input_queue) + ramp)   leaves for the core of l-1
// A receiving thread takes single cycles from the main thread. Cycles are relative to the launch, 32 bits wide.
// A part of a rectangle is timed with halos: the neighbour's departures on one side, its credits on the other.
// No SystemC, no allocation per round, no event per wavelet; order of evaluation cannot reach a result.
#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include "hw/fabric/due_lines.h"
#include "hw/fabric/fabric_timing.h"
#include "hw/fabric/fold.h"
#include "hw/fabric/hop_scan.h"
#include "hw/fabric/receivers.h"

namespace weft::hw {

/// What this part of the rectangle does in every round of the launch.
struct StreamReduceShape {
  int lines = 0;                  ///< chain lines first; lines past `chain` only receive returned sums
  int chain = 0;                  ///< lines that take the stream and add to the chain
  int positions = 0;              ///< PEs per line; those with elements come first
  std::vector<int> wavelets;      ///< [chain] data wavelets of a round, at most
  std::vector<int> elements;      ///< [positions] length of the resident vectors, not increasing after the first 0
  int lanes = 1;                  ///< AXPY elements per cycle
  bool chain_from_below = false;  ///< another part's line feeds the last chain line
  bool chain_to_above = false;    ///< line 0 hands its sums to another part
  /// [chain] wavelets of a stream that comes from the edge, in all; empty: it comes from PEs, or nobody knows.
  std::vector<std::int64_t> edge_wavelets;
  bool lists = false;    ///< rounds begin with a list for each position with elements
  bool add_runs = true;  ///< exact fast-forward inside a round: steady runs are added, not simulated
};

/// Sums of PE-cycles of one PE since the launch began.
struct PeTimes {
  Cycle end = 0;       ///< main thread and receiver have ended
  Cycle main_end = 0;  ///< main thread has ended
  Cycle wait_stream = 0, wait_partial_sum = 0, blocked = 0, stall = 0;
  Cycle received = 0;       ///< by the receiver
  Cycle received_late = 0;  ///< of these, after the end of the main thread
};

class StreamReduce {
 public:
  StreamReduce(const FabricTiming& timing, StreamReduceShape shape);

  /// Begins a round of a sparse launch, before anything else of it: data wavelets [chain] or, with lists, elements
  /// [positions]; null: as many as the shape says.
  void begin_round(const std::uint16_t* wavelets, const std::uint16_t* elements);
  /// Data wavelets of the round.
  int data(int line) const { return data_[static_cast<std::size_t>(line)]; }
  /// The round's lists come along the chain's way, one for each position; `edge` [positions]: cycle before the first
  /// wavelet may enter at the last line. Precondition: lists, no neighbours.
  void take_lists(const std::int32_t* edge);
  /// Departure from the edge of a position's last list wavelet.
  std::int32_t list_departure(int position) const;

  /// Where the stream of a round comes from. Exactly one of the three forms.
  struct Source {
    const std::int32_t* edge = nullptr;  ///< [chain] cycle before the first wavelet may enter each line at position 0
    int owner = -1;                      ///< position whose core sends the stream from its memory
    int side = 0;                        ///< -1: from the neighbour at the left, +1: at the right; times from halo()
  };

  /// Wavelets [first, last) of every line's round (the closing control wavelet is number wavelets[line]).
  /// With a neighbour, at most link_queue wavelets a call: its credits for them must be set before the next call.
  void stream(int first, int last, const Source& source);

  /// Departure times at the routers just outside (side -1 or +1) of wavelet `offset` of this round, one per chain line.
  /// As input of stream() they are arrivals (the side the stream comes from) or credits (the sides it goes to).
  std::int32_t& halo(int side, int line, int offset);
  /// The same at this part's own outermost position.
  std::int32_t departure(int side, int line, int offset) const;

  /// With an edge: by how many cycles a line's words could have come later, since the last reset, without changing
  /// anything. Above 0 they never were what a wavelet waited for, so they could have come earlier as well.
  std::int32_t edge_slack(int line) const { return edge_slack_[static_cast<std::size_t>(line)]; }
  void reset_edge_slack();

  /// Begins the round's reduction. `sink_ready` [positions] or null: line 0 may not begin before (edge buffer full).
  void open_reduction(const std::int32_t* sink_ready);
  /// Elements [first, last) of every position's round; with a neighbour across the lines at most link_queue a call.
  /// `owner_line`: the line that receives the returned sum (any number; delivered here only if it is a line here; the
  /// chain's line 0 keeps its own sum), or -1 when the sum leaves the rectangle.
  void reduce(int first, int last, int owner_line);
  /// Ends a round that has no reduction.
  void close_without_reduction();
  /// Ends the round. `advance`: line 0 sends a control wavelet after the sum (the returning color moves on).
  void close_reduction(bool advance);

  /// Halos of the chain for element `element` of this round, [positions] each; positions with fewer elements are
  /// skipped.
  void set_below(int element, const std::int32_t* departures);    ///< a() of the line below the last chain line
  void set_above(int element, const std::int32_t* credits);       ///< b() of the line above line 0
  void get_leaving(int element, std::int32_t* departures) const;  ///< a() of line 0
  void get_credits(int element, std::int32_t* credits) const;     ///< b() of the last chain line
  /// Departure of the returned sum's element from the router of line 0, [positions]; valid without chain_to_above.
  const std::int32_t* returned() const { return return_.data(); }
  /// Adds one element of a returned sum that arrives at `line`'s core at times[p], for positions [first, last).
  void receive(int line, const std::int32_t* times, int first, int last) {
    receivers_.receive(line, times, first, last);
  }

  /// Main threads of a line do `cycles[p]` cycles of their own work.
  void work(int line, const std::int32_t* cycles);
  /// Every chain line takes the round's sum, broadcast back by line 0: `last` [positions] is the departure of its last
  /// element from line 0's router. Call after close_reduction().
  void take_broadcast(const std::int32_t* last);

  /// Without a reduction, after the last round: every PE rounds its elements x wavelets sums to fp16.
  void round_sums();

  // ---- exact fast-forward in space (fold.h), only for a part without neighbours, between rounds -----------------
  /// Which lines or positions are copies of each other now.
  Fold find_fold(bool of_lines) const;
  /// An engine in this one's state that simulates one of each group. Its pe() counts from here on.
  StreamReduce folded(const Fold& fold) const;
  /// Takes over what `folded`, made by folded(fold), did since then; after it only results may be asked for.
  void unfold(const StreamReduce& folded, const Fold& fold);
  /// False: since it was folded, something happened for which copies are not shown to be copies.
  bool fold_holds() const { return fold_holds_; }

  PeTimes pe(int line, int position) const;
  /// Last cycle of anything in this part.
  Cycle end() const;
  int max_elements() const { return max_elements_; }
  const StreamReduceShape& shape() const { return shape_; }
  /// Latest core issue of the current round's last element at line 0 (where an edge takes the sum), per position.
  std::int32_t last_issue(int position) const { return issue_[static_cast<std::size_t>(position)]; }
  std::int64_t rounds() const { return rounds_; }
  /// Wavelets and elements of PEs that were added, not simulated.
  std::int64_t added() const { return wavelets_added_ + elements_added_; }
  /// Rounds of PEs that were copies.
  std::int64_t pe_rounds_added() const { return pe_rounds_added_; }

 private:
  using Times = std::vector<std::int32_t>;
  /// Before the first wavelet every queue is empty and every core free: a time that never binds.
  static constexpr std::int32_t never_binds = std::numeric_limits<std::int32_t>::min() / 2;
  void copy_ring(const Times& ring_times, int line, int element, std::int32_t* to) const;
  void fill_ring(Times& ring_times, int line, int element, const std::int32_t* from);
  /// Neighbouring positions of equal vector length; with lists each position by itself.
  struct Group {
    int first, last;
    int elements;         ///< of this round
    int summed_last;      ///< elements of the round before
    std::int64_t summed;  ///< of all rounds before
  };

  std::size_t ring(int line, std::int64_t index) const {
    return (static_cast<std::size_t>(line) * history_depth + static_cast<std::size_t>(index & (history_depth - 1)));
  }
  std::int32_t* row(Times& times, int line) { return times.data() + static_cast<std::size_t>(line) * width_; }
  std::int32_t* depart(int line, std::int64_t k) { return depart_.data() + ring(line, k) * (width_ + 2) + 1; }
  std::int32_t* consume(int line, std::int64_t k) { return consume_.data() + ring(line, k) * width_; }
  bool steals(int line) const { return receivers_.wait_at(line); }

  const std::int32_t* depart_row(int line, std::int64_t k) const {
    return depart_.data() + ring(line, k) * (width_ + 2);
  }
  std::int64_t sent(int line) const { return sent_[static_cast<std::size_t>(line)]; }
  void close_counts();
  void list_wavelet(int position, std::int64_t k, bool control, std::int32_t fed);
  /// Ring of a position's list at a line; line `chain` is the edge.
  std::size_t list_ring(int position, int line) const {
    return (static_cast<std::size_t>(position) * (static_cast<std::size_t>(shape_.chain) + 1) +
            static_cast<std::size_t>(line)) *
           history_depth;
  }
  bool list_is_copy(int line, std::int32_t shift) const;
  void fold_lists(const StreamReduce& from, const Fold& fold);
  void reduce_listed();
  void stream_line(int line, int first, int last, const Source& source);
  void stream_wavelet(int line, std::int64_t k, int offset, bool control, const Source& source);
  std::int32_t wavelet_distance(int line, std::int64_t k, int owner) const;
  void skip_wavelets(int line, std::int64_t k, int rest, std::int32_t distance, int owner);
  void sweep(int line, std::int64_t k, int first, int last, int step);
  void source_wavelet(int line, std::int64_t k, int owner, bool control);
  void take(int line, std::int64_t k, bool control, int first, int last);
  void meet_last_sums(int line, std::int64_t k, int offset);
  void expect_wavelet(int line);
  bool meets_others(int line, std::int64_t j, const Group& group) const;
  void share_ramp(int line, std::int64_t j, const Group& group, const std::int32_t* below, std::int32_t way, int left,
                  int right);
  void take_among_steals(int line, std::int64_t k, bool control, int first, int last);
  void reduce_group(const Group& group, int first, int last, int owner_line);
  void sum_blocks(const Group& group, int owner_line, bool returns);
  /// Whether a time is not the one of the element before, plus one.
  struct Moved {
    bool arrive, issue, leave;
  };
  void reduce_due(int line, std::int64_t j, const Group& group, int left, int right);
  void add_elements(int line, std::int64_t j, int left, int right);
  Moved reduce_element(int line, std::int64_t j, const Group& group, int left, int right);
  void return_element(std::int64_t j, int owner_line, int left, int right);
  void deliver_returned(int owner_line, int left, int right);
  std::vector<std::int32_t> position_differs(std::int32_t shift) const;
  bool line_is_copy(int line, std::int32_t shift) const;
  struct Neighbour {
    const std::int32_t* times;
    std::int32_t later;
  };
  Neighbour neighbour(const Times& times, int ring_line, int line, std::int64_t index) const;
  void check_copies(int line, std::int64_t j, const Neighbour& fed, const Neighbour& room, int left, int right);

  FabricTiming timing_;
  StreamReduceShape shape_;
  std::size_t width_;
  HopScan hops_;
  int active_ = 0;  ///< positions with elements
  int max_elements_ = 0;
  std::int64_t rounds_ = 0;
  bool reduced_ = false;  ///< the round before ended with a sum
  std::vector<Group> groups_;
  std::vector<int> data_;                       ///< [chain] data wavelets of this round
  std::vector<std::int64_t> sent_;              ///< [chain] wavelets of the rounds before
  Times list_depart_, list_last_, list_taken_;  ///< [positions][chain + 1][ring]; of the last copy's router
  std::vector<std::uint8_t> list_known_;        ///< of these; see list_stage.cpp
  Times length_;                                ///< [positions] AXPY cycles
  Times depart_, consume_;                      ///< [chain][ring][positions]
  Times free_, ready_;                          ///< [lines][positions] core free; accumulators ready
  Times element_, leave_, arrive_;   ///< chain rings: u [chain], a [chain + 1], b [chain + 1, line 0 = above]
  Times expected_;                   ///< [chain][positions] cycle in which a waiting wavelet crosses the ramp
  Times issue_;                      ///< [chain][positions] issue of the last element
  Times edge_slack_;                 ///< [chain]
  Times return_, returned_arrival_;  ///< [positions]
  DueLines& due_at(std::int64_t j) { return due_[static_cast<std::size_t>(j) % due_.size()]; }
  std::vector<std::int64_t> newest_;             ///< [chain] element of the strip under way that a line has reached
  std::array<DueLines, 2 * history_depth> due_;  ///< per element ahead
  std::int64_t elements_added_ = 0, wavelets_added_ = 0, pe_rounds_added_ = 0;
  Times position_lag_, line_lag_;  ///< from the one that stands for copies to the last of them
  std::int32_t fold_shift_ = 0;
  bool fold_holds_ = true;
  Times wait_stream_, wait_sum_, blocked_, stall_;  ///< [lines][positions]
  Receivers receivers_;
};

}  // namespace weft::hw
