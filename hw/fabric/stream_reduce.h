#pragma once
// The time line of every PE in one launch of a matrix kernel with a stationary operand.
//
// A stream of scalars is multicast along each line; every PE of the line does one AXPY per scalar on its resident
// vector; a control wavelet closes a round; then the round's accumulators are summed down a chain across the lines.
//   forward, delta   lines = rows, chain upwards to row 0, the sum returns to the row that owns the output
//   gradient         lines = columns counted from the east, chain eastwards, the sum leaves at the edge
// Of a sparse layer the rounds differ: lines in their wavelets (forward, delta), positions in their elements (gradient,
// whose PEs are told before each round, by a list along the chain's way, which elements of their vectors are kept;
// list_stage.h).
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
//
// What rounds to come depend on is a StreamState; what is added instead of simulated is made of states, round about the
// engine (hw/fabric/fast_forward). The engine knows of that only lines or positions that stand for copies, and checks
// these.
#include <cstdint>
#include <vector>

#include "hw/fabric/copy_checks.h"
#include "hw/fabric/fabric_timing.h"
#include "hw/fabric/hop_scan.h"
#include "hw/fabric/list_stage.h"
#include "hw/fabric/part_books.h"
#include "hw/fabric/stream_shape.h"
#include "hw/fabric/stream_state.h"

namespace weft::hw {

class StreamReduce {
 public:
  /// All PEs stand at cycle 0 with empty queues.
  StreamReduce(const FabricTiming& timing, StreamReduceShape shape);

  /// Where the stream of a round comes from. Exactly one of the three forms.
  struct Source {
    const std::int32_t* edge = nullptr;  ///< [chain] cycle before the first wavelet may enter each line at position 0
    int owner = -1;                      ///< position whose core sends the stream from its memory
    int side = 0;                        ///< -1: from the neighbour at the left, +1: at the right; times from halo()
  };

  // ---- the begin of a counted round, before anything else of it ----------------------------------------------------
  /// Data wavelets [chain] or, where positions differ, elements [positions]; null: as in the shape.
  void begin_round(const std::uint16_t* wavelets, const std::uint16_t* elements);
  /// Then, of attention with a mask: every PE of the chain takes the round's window, a scalar instruction, or with an
  /// `owner` of the stream those of its position alone. `apart` [positions]: what the last round's sum wrote is not in
  /// the window, so that the stream need not wait for it, but on line 0 where that `kept` the sum.
  void take_windows(int owner, const std::vector<bool>& apart, bool kept);
  /// Then, of a part without neighbours whose rounds begin with lists; RetimedRounds.
  ListStage lists() { return {timing_, state_, books_, copies_, list_deltas_}; }

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
  /// The line's element, and its way to the core of the line above. From a line 0 to another part see get_leaving().
  void reduce_early(int line, int element, int owner_line);
  /// The same of the part below, after set_below(): its way to the core of the last line.
  void take_early(int element);

  /// Departure times at the routers just outside (side -1 or +1) of wavelet `offset` of this round, one per chain line.
  /// As input of stream() they are arrivals (the side the stream comes from) or credits (the sides it goes to).
  std::int32_t& halo(int side, int line, int offset);
  /// The same at this part's own outermost position.
  std::int32_t departure(int side, int line, int offset) const;

  /// Elements [first, last) of every position's round, of those that reduce_early() has not had; with a neighbour
  /// across the lines at most link_queue a call. `owner_line`: the line that receives the returned sum (any number;
  /// delivered here only if it is a line here; the chain's line 0 keeps its own sum), or -1 when the sum leaves the
  /// rectangle.
  void reduce(int first, int last, int owner_line);

  // ---- returned sums that come back while their own round's are still being sent: RetimedRounds --------------
  /// When the elements of a round's returned sum are at their owner's core, [positions][elements].
  using Returns = std::vector<Times>;
  /// Before anything else of a round that returns to `line`: so they will come, whatever it says of them.
  void expect_returns(int line, const Returns& times);
  /// Of the round that begins. False: none can come before the owner has sent its early elements, for the way up the
  /// chain and back is longer than what can still hold these up.
  bool may_return_early(int owner_line) const;
  /// Before anything else of a round: returns() are those of it until it is closed.
  void keep_returns() { round_.returns_kept = true; }
  const Returns& returns() const { return round_.returns; }
  /// Precondition: keep_returns(). True: one came before the owner had sent what was timed before it.
  bool returned_early() const;

  void close_without_reduction();
  /// Ends the round. `advance`: line 0 sends a control wavelet after the sum (the returning color moves on).
  void close_reduction(bool advance);
  /// Without a reduction, after the last round: every PE rounds its elements x wavelets sums to fp16.
  void round_sums();

  /// Halos of the chain for element `element` of this round, [positions] each; positions with fewer elements are
  /// skipped.
  void set_below(int element, const std::int32_t* departures);    ///< a() of the line below the last chain line
  void set_above(int element, const std::int32_t* credits);       ///< b() of the line above line 0
  void get_leaving(int element, std::int32_t* departures) const;  ///< a() of line 0
  void get_credits(int element, std::int32_t* credits) const;     ///< b() of the last chain line
  /// Adds one element of a returned sum that arrives at `line`'s core at times[p], for positions [first, last).
  void receive(int line, const std::int32_t* times, int first, int last) {
    state_.receivers.receive(line, times, first, last);
  }

  // ---- between rounds ----------------------------------------------------------------------------------------------
  const FabricTiming& timing() const { return timing_; }
  const StreamReduceShape& shape() const { return shape_; }
  const RoundSizes& sizes() const { return state_.sizes; }
  const StreamState& state() const { return state_; }
  StreamState& state() { return state_; }
  const PartBooks& books() const { return books_; }
  PartBooks& books() { return books_; }
  const CopyChecks& copies() const { return copies_; }
  /// Brings what waits to send, from position `first` on, up to this round, where else it would stand as long ago as it
  /// began to wait.
  void settle_senders(int first = 0);
  /// What pe() and sizes() tell counts from here on.
  void begin();
  /// Of all PEs that the one at a line and a position stands for.
  PeTimes pe(int line, int position) const;
  /// Last cycle of anything in this part.
  EngineCycle end() const;
  /// Latest core issue of the current round's last element at line 0 (where an edge takes the sum), per position.
  std::int32_t last_issue(int position) const { return last_issue_row(0, position)[position]; }
  /// [positions] cycle in which line 0 could begin the last round's sum, had the edge room.
  const Times& opens() const { return opens_; }

 private:
  using Group = RoundSizes::Group;

  // What of the state a line's recurrences take, by line or by wavelet.
  std::int32_t* depart(int line, std::int64_t k) { return state_.depart.row(line, k); }
  const std::int32_t* depart(int line, std::int64_t k) const { return state_.depart.row(line, k); }
  std::int32_t* consume(int line, std::int64_t k) { return state_.consume.row(line, k); }
  std::int32_t* free_of(int line) { return state_.free.row(line); }
  std::int32_t* ready_of(int line) { return state_.ready.row(line); }
  std::int32_t* book(PartBooks::Book PartBooks::*which, int line) { return books_.row(which, line); }
  int data(int line) const { return state_.sizes.data(line); }
  int active() const { return state_.sizes.active(); }
  std::int64_t wavelets_before(int line) const { return state_.sizes.wavelets_before(line); }
  /// Issue of the round's last element, where it is known; where there is none, of an earlier round's.
  const std::int32_t* last_issue_row(int line, int position) const;
  bool steals(int line) const { return state_.receivers.wait_at(line); }

  // The stream: stream_stage.cpp.
  /// Of the stream's queue to the core.
  int stream_depth(int line) const {
    return shape_.lists ? ListStage::stream_depth(timing_, state_.sizes, line) : timing_.input_queue;
  }
  void stream_behind_lists(int line, const Source& source);
  void stream_wavelet(int line, std::int64_t k, int offset, const Source& source);
  void sweep_wavelet(int line, std::int64_t k, int offset, const Source& source);
  void take_wavelet(int line, std::int64_t k, int offset, const Source& source);
  void sweep(int line, std::int64_t k, int source, int last, int step);
  /// Where the wavelets of a line come from: a position, or just outside.
  int source_position(const Source& source) const {
    return source.owner >= 0 ? source.owner : source.side > 0 ? shape_.positions : -1;
  }
  void source_wavelet(int line, std::int64_t k, int owner, bool control);
  void take(int line, std::int64_t k, int offset, int first, int last);
  /// Wavelets of the line are moved past what crosses its ramps position by position.
  bool one_by_one(int line) const { return copies_.of_positions || state_.receivers.known_at(line); }
  void sweep_one_by_one(int line, std::int64_t k, int first, int last, int step);
  template <typename OwnBlock, typename Own>
  void sweep_blocks(std::int32_t* now, int first, int last, int step, OwnBlock&& own_block, Own&& own);
  std::int32_t free_ramp(int line, int position, std::int32_t from) const;
  void take_among_steals(int line, std::int64_t k, int offset, int first, int last);
  std::int32_t waited_to_send(int line, int position) const;

  // The sum: reduce_stage.cpp, sum_blocks.cpp.
  void reduce_group(const Group& group, int first, int last, int owner_line);
  void sum_blocks(const Group& group, int begin, int owner_line, bool returns);
  void reduce_element(int line, std::int64_t j, const Group& group, int left, int right);
  void cross_ramp(int line, std::int64_t j, const Group& group, int left, int right);
  void issue_element(int line, std::int64_t j, const Group& group, int left, int right);
  void return_element(std::int64_t j, int owner_line, int left, int right);
  void deliver_returned(int owner_line, int left, int right);
  void check_copies(int line, std::int64_t j, int left, int right);

  /// Of the round under way.
  struct Round {
    std::vector<bool> undisturbed;  ///< [chain] no receiver takes cycles from the line's
    bool early_done = false;        ///< reduce_early()
    bool returns_kept = false, returns_expected = false;
    Times returned_arrival;  ///< [positions]
    Returns returns;
    Times owner_issued;  ///< [positions] the owner's last early element
  };

  FabricTiming timing_;
  StreamReduceShape shape_;
  HopScan hops_;
  StreamState state_;
  PartBooks books_;
  CopyChecks copies_;
  Round round_;
  ListDeltas list_deltas_;
  Times begin_;  ///< [chain][positions] core free at begin(); empty: 0
  Times opens_;  ///< [positions]
};

}  // namespace weft::hw
