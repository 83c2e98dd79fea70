#pragma once
// The time line of every PE in one launch of a matrix kernel with a stationary operand.
//
// A stream of scalars is multicast along each line; every PE of the line does one AXPY per scalar on its resident
// vector; a control wavelet closes a round; then the round's accumulators are summed down a chain across the lines.
//   forward, delta   lines = rows, chain upwards to row 0, the sum returns to the row that owns the output
//   gradient         lines = columns counted from the east, chain eastwards, the sum leaves at the edge
// Of a sparse layer the rounds differ: lines in their wavelets (forward, delta), positions in their elements (gradient,
// whose PEs are told before each round, by a list along the chain's way, which elements of their vectors are kept;
// list_stage.cpp).
//
// Max-plus recurrences per wavelet, exact for the machine of rtl/ (one sender per link, private queues per color):
//   router  d(p,k) = max(d(p-1,k) + hop, d(p,k-1) + 1, d(p+1,k-link_queue) + 1, c(p,k-input_queue) + ramp), moved past
//           the cycles in which sums cross the ramp of p
//   core    c(p,k) = max(d(p,k) + ramp, core free, accumulators ready)
//   chain   u(l,j) = max(u(l,j-1) + 1, b(l,j) + ramp, a(l,j-output_queue) + ramp)       element issued by the core
//           a(l,j) = max(u(l,j) + 1 + ramp, a(l,j-1) + 1, b(l-1,j-link_queue) + 1)      leaves the router of line l
//           b(l-1,j) = max(a(l,j) + hop, b(l-1,j-1) + 1, u(l-1,j-depth) + ramp)         leaves for the core of l-1,
//           moved past the cycles in which returned sums cross its ramp; depth = min(input_queue, elements of a round)
// A receiving thread takes single cycles from the main thread. Cycles are relative to the launch, 32 bits wide.
// A part of a rectangle is timed with halos: the neighbour's departures on one side, its credits on the other.
// Where colors meet on a ramp the lower goes first: returned sums, partial sums, the stream. So whatever can delay a
// wavelet is timed before it. Round by round: from the last line of the chain to line 0 a line's stream, then the
// elements of its sum that may come to the line above before that one's stream has ended (`depth` of them); then the
// rest of the sum, whose elements return before what they delay. Sums and returned sums of earlier rounds are
// remembered as long as a wavelet can meet them. No SystemC, no allocation per round, no event per wavelet; order of
// evaluation cannot reach a result.
#include <cstdint>
#include <limits>
#include <vector>

#include "hw/fabric/fabric_timing.h"
#include "hw/fabric/fold.h"
#include "hw/fabric/hop_scan.h"
#include "hw/fabric/ramp_runs.h"
#include "hw/fabric/ramp_spans.h"
#include "hw/fabric/receivers.h"
#include "hw/fabric/stream_shape.h"

namespace weft::hw {

class StreamReduce {
 public:
  StreamReduce(const FabricTiming& timing, StreamReduceShape shape);
  /// Simulates one of each group of `fold`, all of which is `whole`; to be given a state.
  StreamReduce(const FabricTiming& timing, const StreamReduceShape& whole, const Fold& fold);

  /// Where the stream of a round comes from. Exactly one of the three forms.
  struct Source {
    const std::int32_t* edge = nullptr;  ///< [chain] cycle before the first wavelet may enter each line at position 0
    int owner = -1;                      ///< position whose core sends the stream from its memory
    int side = 0;                        ///< -1: from the neighbour at the left, +1: at the right; times from halo()
  };

  // ---- the begin of a counted round, before anything else of it; see list_stage.cpp --------------------------------
  /// Data wavelets [chain] or, where positions differ, elements [positions]; null: as in the shape.
  void begin_round(const std::uint16_t* wavelets, const std::uint16_t* elements);
  /// Then, of attention with a mask: every PE of the chain takes the round's window, a scalar instruction, or with an
  /// `owner` of the stream those of its position alone. `apart` [positions]: what the last round's sum wrote is not in
  /// the window, so that the stream need not wait for it, but on line 0 where that `kept` the sum.
  void take_windows(int owner, const std::vector<bool>& apart, bool kept);
  /// Data wavelets of the round.
  int data(int line) const { return stream_.data[static_cast<std::size_t>(line)]; }

  // ---- lists, of a part without neighbours: ListedRounds calls these in their order --------------------------------
  /// All but the last wavelets, which go with the lines' streams. `edge` [positions]: the cycle before the first may
  /// enter.
  void take_lists(const std::int32_t* edge);
  /// When the deltas that may come to a core before its list cross the ramp: [chain][input_queue][positions].
  const std::vector<std::int32_t>& first_deltas() const { return lists_.first_deltas; }
  /// Before take_lists(), which is to give way to them; until the round is closed.
  void expect_deltas(const std::vector<std::int32_t>& deltas) { lists_.expected_deltas = deltas; }
  /// False: what take_lists() gave way to were not the deltas that came.
  bool deltas_as_expected() const;
  /// Whether take_lists() times anything.
  bool lists_are_long() const { return max_elements_ + 1 > timing_.link_queue; }
  /// Departure from the edge of the last wavelet of the round's lists.
  std::int32_t list_departure() const;

  // ---- a round of a part without neighbours ------------------------------------------------------------------------
  /// The stream of a round that has no reduction, then close_without_reduction().
  void stream(const Source& source);
  /// The stream, and what comes of the sum before it has ended; then reduce() and close_reduction().
  /// `sink_ready`: see open_reduction(), `owner_line`: see reduce().
  void stream(const Source& source, const std::int32_t* sink_ready, int owner_line);

  // ---- the same, line by line from the last one of the chain to line 0 --------------------------------------------
  /// Wavelets [first, last) of the line's round (the closing control wavelet is number wavelets[line]).
  /// With a neighbour, at most link_queue wavelets a call: its credits for them must be set before the next call.
  void stream(int line, int first, int last, const Source& source);
  /// Begins the line's reduction, when its stream has ended. `sink_ready` [positions] or null: line 0 may not begin
  /// before (edge buffer full).
  void open_reduction(int line, const std::int32_t* sink_ready);
  /// Elements of a round, of any position, that may come to the line above before its stream has ended.
  int early_elements() const { return std::min(max_elements_, timing_.input_queue); }
  /// The line's element, and its way to the core of the line above. From a line 0 to another part see get_leaving().
  void reduce_early(int line, int element, int owner_line);
  /// The same of the part below, after set_below(): its way to the core of the last line.
  void take_early(int element);

  /// Departure times at the routers just outside (side -1 or +1) of wavelet `offset` of this round, one per chain line.
  /// As input of stream() they are arrivals (the side the stream comes from) or credits (the sides it goes to).
  std::int32_t& halo(int side, int line, int offset);
  /// The same at this part's own outermost position.
  std::int32_t departure(int side, int line, int offset) const;

  /// With an edge: by how many cycles a line's words could have come later, since the last reset, without changing
  /// anything. Above 0 they never were what a wavelet waited for, so they could have come earlier as well.
  std::int32_t edge_slack(int line) const { return stream_.edge_slack[static_cast<std::size_t>(line)]; }
  void reset_edge_slack();

  /// Elements [first, last) of every position's round, of those that reduce_early() has not had; with a neighbour
  /// across the lines at most link_queue a call. `owner_line`: the line that receives the returned sum (any number;
  /// delivered here only if it is a line here; the chain's line 0 keeps its own sum), or -1 when the sum leaves the
  /// rectangle.
  void reduce(int first, int last, int owner_line);
  // ---- returned sums that come back while their own round's are still being sent: attention_times.cpp --------------
  /// When the elements of a round's returned sum are at their owner's core, [positions][elements].
  using Returns = std::vector<std::vector<std::int32_t>>;
  /// From now on, of every round.
  void keep_returns() { returns_.kept = true; }
  /// Before anything else of a round that returns to `line`: so they will come, whatever it says of them.
  void expect_returns(int line, const Returns& times);
  /// Of the round under way.
  const Returns& returns() const { return returns_.times; }
  /// True: one came before the owner had sent what was timed before it.
  bool returned_early() const;

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
  const std::int32_t* returned() const { return chain_.returned.data(); }
  /// Adds one element of a returned sum that arrives at `line`'s core at times[p], for positions [first, last).
  void receive(int line, const std::int32_t* times, int first, int last) {
    receivers_.receive(line, times, first, last);
  }

  /// Without a reduction, after the last round: every PE rounds its elements x wavelets sums to fp16.
  void round_sums();

  /// After each round whose stream an owner sent: those to come are positions from `first` on. A PE without elements
  /// before them has ended; one of them is booked as waiting until the next wavelet could leave.
  void owners_to_come(int first) { owners_from_ = first; }

  // ---- exact fast-forward in space (fold.h), only for a part without neighbours, between rounds -----------------
  /// Which lines or positions are copies of each other now. `spared`: so many lines at the begin of each group of
  /// copies, or positions at its end if another group follows, stand for themselves.
  Fold find_fold(bool of_lines, int spared) const;
  /// Brings what waits to send, from position `first` on, up to this round, where else it would stand as long ago as it
  /// began to wait.
  void settle_senders(int first = 0);
  /// An engine in this one's state that simulates one of each group. Its pe() counts from here on.
  StreamReduce folded(const Fold& fold) const;
  /// The contrary, of lines: an engine of all of `whole`, in the state that this one, folded as `fold` says, stands
  /// for. Its pe() counts from here on.
  StreamReduce unfolded(const StreamReduceShape& whole, const Fold& fold) const;
  /// False: since it was folded, something happened for which copies are not shown to be copies.
  bool fold_holds() const { return copies_.hold; }
  /// If that was, first of all, that the last copies of a group of lines had to wait for room: the group, else -1.
  int pushed_back() const { return copies_.pushed_back; }

  // ---- the state between rounds (engine_state.cpp), only for a part without neighbours ---------------------------
  /// The cycle from which the times of a state are told: line 0 is free.
  std::int32_t state_origin() const { return free_.front(); }
  /// Appends all that later times of a line of the chain can depend on, but for where in time it stands, which all
  /// lines share: save_common(). Both are the same for any origin and any number of rounds so far. Precondition: no
  /// lists.
  void save_line(int line, std::vector<std::int32_t>& to) const;
  void save_common(std::vector<std::int32_t>& to) const;
  /// Take over what those of an engine of this shape appended after `rounds` rounds, first the common part, then every
  /// line.
  void load_common(const std::vector<std::int32_t>& from, std::int64_t rounds, std::int32_t origin);
  void load_line(int line, const std::vector<std::int32_t>& from);
  /// pe() counts from here on.
  void begin();

  // ---- rounds that repeat the one before (round_repeats.h) -------------------------------------------------------
  /// Appends what pe() has counted.
  void save_books(std::vector<std::int32_t>& to) const;
  /// Whether room at the edge for the next round does to it what that for the last one did to that, `cycles` later.
  bool same_room(const std::int32_t* sink_ready, std::int32_t cycles) const;
  /// Goes on as after `rounds` more that nothing was returned in. `common`, `lines`: its state, which they move by
  /// `cycles`; `books`: what one of them adds to what save_books() appends.
  void add_rounds(int rounds, std::int32_t cycles, const std::vector<std::int32_t>& common,
                  const std::vector<std::vector<std::int32_t>>& lines, const std::vector<std::int32_t>& books);

  PeTimes pe(int line, int position) const;
  /// Since the engine began: data wavelets of a line, elements of a position, cycles of an AXPY of each round there.
  std::int64_t wavelets_taken(int line) const;
  std::int64_t elements_summed(int position) const;
  std::int64_t axpy_cycles(int position) const;
  /// Last cycle of anything in this part.
  Cycle end() const;
  int max_elements() const { return max_elements_; }
  const StreamReduceShape& shape() const { return shape_; }
  /// Latest core issue of the current round's last element at line 0 (where an edge takes the sum), per position.
  std::int32_t last_issue(int position) const { return last_issue_row(0, position)[position]; }
  /// The same of the last round, when it has been closed.
  std::int32_t closed_issue(int position) const { return issue_[static_cast<std::size_t>(position)]; }
  std::int64_t rounds() const { return rounds_; }
  std::int64_t first_round() const { return first_round_; }  ///< rounds before it began
  /// Wavelets of PEs that were added, not simulated.
  std::int64_t added() const { return wavelets_added_; }

 private:
  using Times = std::vector<std::int32_t>;
  /// Before the first wavelet every queue is empty and every core free: a time that never binds.
  static constexpr std::int32_t never_binds = std::numeric_limits<std::int32_t>::min() / 2;
  static constexpr std::int32_t no_delta = std::numeric_limits<std::int32_t>::max();
  static constexpr std::uint8_t list_exact = 1, list_alike = 2;  ///< see list_stage.cpp
  void copy_ring(const Times& ring_times, int line, int element, std::int32_t* to) const;
  void fill_ring(Times& ring_times, int line, int element, const std::int32_t* from);
  /// Neighbouring positions of equal vector length; where positions differ each by itself.
  struct Group {
    int first, last;
    int elements;                                   ///< of this round
    std::int64_t summed = 0, begin_summed = 0;      ///< elements of all rounds before; when this engine began
    std::int64_t axpy_cycles = 0, begin_axpys = 0;  ///< of an AXPY of each round before; when this engine began
  };

  std::size_t ring(int line, std::int64_t index) const {
    return static_cast<std::size_t>(line) * history() + slot(index);
  }
  std::size_t history() const { return static_cast<std::size_t>(timing_.history); }
  std::size_t slot(std::int64_t index) const { return static_cast<std::size_t>(index & (timing_.history - 1)); }
  std::int32_t* row(Times& times, int line) { return times.data() + static_cast<std::size_t>(line) * width_; }
  /// Times of an element of a line's sum, indexed by position, from `left` on; where positions differ at `left` alone,
  /// as every one is at another element: there a position's elements stand together.
  template <typename Values>
  auto* of_sum(Values& times, int line, std::int64_t index, int left) const {
    if (!shape_.positions_differ()) return times.data() + ring(line, index) * width_;
    const std::size_t place = static_cast<std::size_t>(line) * width_ + static_cast<std::size_t>(left);
    return times.data() + place * history() + slot(index) - left;
  }
  /// Issue of the round's last element, where it is known; where there is none, of an earlier round's.
  const std::int32_t* last_issue_row(int line, int position) const {
    if (position >= active_) return row(issue_, line);
    const Group& group = group_at(position);
    return group.elements == 0 ? row(issue_, line)
                               : of_sum(chain_.element, line, group.summed + group.elements - 1, position);
  }
  const std::int32_t* row(const Times& times, int line) const {
    return times.data() + static_cast<std::size_t>(line) * width_;
  }
  std::int32_t* depart(int line, std::int64_t k) { return stream_.depart.data() + ring(line, k) * (width_ + 2) + 1; }
  std::int32_t* consume(int line, std::int64_t k) { return stream_.consume.data() + ring(line, k) * width_; }
  bool steals(int line) const { return receivers_.wait_at(line); }

  const std::int32_t* depart_row(int line, std::int64_t k) const {
    return stream_.depart.data() + ring(line, k) * (width_ + 2);
  }
  const Group& group_at(int position) const;
  /// Of the queue of partial sums to the core: no more than a round's, with every weight kept.
  int depth(const Group& group) const {
    return std::min(shape_.elements[static_cast<std::size_t>(group.first)], timing_.input_queue);
  }
  /// Elements of a round that may come to the line above before its stream has ended.
  int early(const Group& group) const { return std::min(group.elements, depth(group)); }
  /// Of the stream's queue to the core; with lists no more than a round's: so many may come before the round's list.
  int stream_depth(int line) const {
    return shape_.lists ? std::min(data(line) + 1, timing_.input_queue) : timing_.input_queue;
  }
  std::int64_t wavelets_before(int line) const { return stream_.sent[static_cast<std::size_t>(line)]; }
  void close_counts();
  void set_rounds(std::int64_t rounds);
  /// Of a position's list in `times`, at a line; line `chain` is where it comes from, -1 the one above line 0.
  template <typename Values>
  auto* list_ring(Values& times, int position, int line) const {
    return times.data() +
           (static_cast<std::size_t>(line + 1) * width_ + static_cast<std::size_t>(position)) * history();
  }
  void enter_list(int position, std::int64_t k, std::int32_t fed);
  void pass_list(int line, int position, int offset, int deltas);
  void pass_last_of_list(int line, int position, int deltas);
  int first_of_last(const Group& group) const { return std::max(group.elements + 1 - timing_.link_queue, 0); }
  std::int32_t free_of_sums(int line, int position, std::int32_t from) const;
  std::int32_t free_of_deltas(int line, int position, int known, std::int32_t from) const;
  std::size_t first_delta(int line, int offset) const {
    return (static_cast<std::size_t>(line * timing_.input_queue) + static_cast<std::size_t>(offset)) * width_;
  }
  void note_first_deltas(int line, int owner);
  void stream_behind_lists(int line, const Source& source);
  bool list_is_copy(int line, std::int32_t shift) const;
  void copy_senders(const StreamReduce& from, std::size_t line, std::size_t to);
  void fold_lists(const StreamReduce& from, const Fold& fold);
  void unfold_lists(const StreamReduce& from, const Fold& fold);
  void stream_wavelet(int line, std::int64_t k, int offset, const Source& source);
  void sweep_wavelet(int line, std::int64_t k, int offset, const Source& source);
  void take_wavelet(int line, std::int64_t k, int offset, const Source& source);
  std::int32_t wavelet_distance(int line, std::int64_t k, int owner) const;
  void skip_wavelets(int line, std::int64_t k, int rest, std::int32_t distance, int owner);
  void sweep(int line, std::int64_t k, int source, int last, int step);
  /// Where the wavelets of a line come from: a position, or just outside.
  int source_position(const Source& source) const {
    return source.owner >= 0 ? source.owner : source.side > 0 ? shape_.positions : -1;
  }
  void source_wavelet(int line, std::int64_t k, int owner, bool control);
  void take(int line, std::int64_t k, int offset, int first, int last);
  /// Wavelets of the line are moved past what crosses its ramps position by position.
  bool one_by_one(int line) const { return copies_.of_positions || receivers_.known_at(line); }
  void sweep_one_by_one(int line, std::int64_t k, int first, int last, int step);
  template <typename OwnBlock, typename Own>
  void sweep_blocks(std::int32_t* now, int first, int last, int step, OwnBlock&& own_block, Own&& own);
  std::int32_t free_ramp(int line, int position, std::int32_t from) const;
  void take_among_steals(int line, std::int64_t k, int offset, int first, int last);
  void reduce_group(const Group& group, int first, int last, int owner_line);
  void sum_blocks(const Group& group, int begin, int owner_line, bool returns);
  void reduce_element(int line, std::int64_t j, const Group& group, int left, int right);
  void cross_ramp(int line, std::int64_t j, const Group& group, int left, int right);
  void issue_element(int line, std::int64_t j, const Group& group, int left, int right);
  void return_element(std::int64_t j, int owner_line, int left, int right);
  void deliver_returned(int owner_line, int left, int right);
  int first_sender() const { return std::min(std::max(active_, owners_from_), shape_.positions); }
  std::int32_t waited_to_send(int line, int position) const;
  std::vector<std::int32_t> position_differs(std::int32_t shift) const;
  bool line_is_copy(int line, std::int32_t shift) const;
  template <typename Engine, typename Visit>
  static void each_row(Engine& engine, int line, Visit&& visit);
  std::vector<std::int32_t> newest_on_ramp(int line) const;
  void check_copies(int line, std::int64_t j, int left, int right);

  /// Of the stream along each line.
  struct Stream {
    std::vector<int> data;                       ///< [chain] data wavelets of this round
    std::vector<std::int64_t> sent, begin_sent;  ///< [chain] wavelets of the rounds before; when this engine began
    Times length;                                ///< [positions] AXPY cycles
    Times depart, consume;                       ///< [chain][ring][positions]
    std::vector<bool> undisturbed;               ///< [chain] no receiver takes cycles from this round's
    Times edge_slack;                            ///< [chain]
  };
  /// Of the chain of sums across the lines.
  struct Chain {
    /// Rings (of_sum()): u [chain], a [chain + 1], b [chain + 1, line 0 = above].
    Times element, leave, arrive;
    Times opens;                       ///< [positions] cycle in which line 0 could begin its sum, had the edge room
    Times returned, returned_arrival;  ///< [positions]
  };
  /// Of the round under way.
  struct Returned {
    bool kept = false, expected = false;
    Returns times;
    Times owner_issued;  ///< [positions] the owner's last early element
  };
  /// With lists; list_stage.cpp.
  struct Lists {
    Times depart, taken;                  ///< [above, chain, below][positions][ring]
    std::vector<std::uint8_t> known;      ///< of these departures
    std::vector<int> senders;             ///< [chain][ring] position whose core sent the wavelet of the stream
    Times first_deltas, expected_deltas;  ///< [chain][input_queue][positions]; none expected: empty
    std::vector<RampSpans> sums, leave;   ///< [chain] on the ramps into the line, out of it
  };
  /// What was folded; fold.h.
  struct Copies {
    Times position_lag, line_lag;  ///< from the one that stands for copies to the last of them
    std::int32_t shift = 0;
    bool of_positions = false;
    bool hold = true;
    int pushed_back = -1;
  };
  /// Cycles of each PE: [lines][positions].
  struct Books {
    Times wait_stream, wait_sum, blocked, stall;
  };

  FabricTiming timing_;
  StreamReduceShape shape_;
  std::size_t width_;
  HopScan hops_;
  int active_ = 0;                                     ///< positions with elements
  int owners_from_ = std::numeric_limits<int>::max();  ///< owners_to_come()
  int max_elements_ = 0;
  std::int64_t rounds_ = 0, first_round_ = 0;
  bool early_done_ = false;  ///< of the round under way
  std::vector<Group> groups_;
  Stream stream_;
  std::vector<RampRuns> sums_;  ///< [chain] on the ramps into the line
  Lists lists_;
  Times free_, ready_;  ///< [lines][positions] core free; accumulators ready
  Times begin_;         ///< [lines][positions] core free when this engine began; empty: 0
  Chain chain_;
  Returned returns_;
  Times issue_;  ///< [chain][positions] cycle before the first element may issue; then of the last one
  std::int64_t wavelets_added_ = 0;
  Copies copies_;
  Books books_;
  Receivers receivers_;
};

}  // namespace weft::hw
