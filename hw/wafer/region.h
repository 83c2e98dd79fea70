#pragma once
// A rectangle of PEs behind its four edges: their time lines (StreamReduce) and their memories, as dense arrays.
// Regions meet only at their edges; how the wafer is cut into them changes no bit and no cycle.
// The wafer opens a launch on all regions, then per round lets the regions at the source send the stream and the
// regions at the foot of the chain begin the sum; everything else follows from bursts between neighbours.
#include <array>
#include <memory>
#include <systemc>

#include "hw/fabric/launch_map.h"
#include "hw/fabric/launch_times.h"
#include "hw/fabric/retimed_rounds.h"
#include "hw/fabric/stream_reduce.h"
#include "hw/fast_forward/copy_search.h"
#include "hw/fast_forward/engine_state.h"
#include "hw/fast_forward/round_repeats.h"
#include "hw/wafer/region_values.h"
#include "tlm/wavelet/burst.h"

namespace weft::hw {

class Region : public sc_core::sc_module {
 public:
  Region(const sc_core::sc_module_name& name, const FabricTiming& timing, RegionExtent extent);

  /// One pair of ports per side; unbound at the edge of the rectangle.
  proto::WaveletOut& out(proto::Side side) { return *out_[static_cast<std::size_t>(side)]; }
  proto::WaveletIn& in(proto::Side side) { return *in_[static_cast<std::size_t>(side)]; }

  const RegionExtent& extent() const { return extent_; }
  /// Bursts that came in so far.
  std::int64_t bursts_received() const { return bursts_; }

  /// Which PEs of this region the next launch maps. `map` must outlive the launch.
  void open_launch(const LaunchMap& map);
  const LaunchPart& part() const { return part_; }

  // ---- time ----------------------------------------------------------------------------------------------------
  /// All PEs stand at cycle 0 of the launch with empty queues.
  void begin_time(FastForward fast_forward);
  /// `sink_ready`: when the edge has room for the round's sums, by global position, or null; valid until close_round().
  void open_round(int round, const std::int32_t* sink_ready);
  /// The whole round but for close_round(). Precondition: retimes(), and the region holds all of the launch.
  /// `edge`: of lists as in ListStage::take(), else as in StreamReduce::Source.
  void run_retimed(int round, const std::int32_t* edge);
  /// The stream and what comes of the sum before it has ended. Precondition: starts_stream(round), and the regions that
  /// hold later lines of the chain have run theirs. `edge`: see StreamReduce::Source, indexed by global line; null if
  /// not from the edge.
  void run_stream(int round, const std::int32_t* edge);
  /// The rest of the sum. Precondition: starts_sum(), and all regions have run their streams.
  void run_sum(int round);
  void close_round(int round);
  /// After close_round(): columns that had been found to be copies may have been none in this round. The launch must be
  /// gone on with from a place before it, or run again without FastForward::copies.
  bool copies_failed() const { return engine_ && !engine_->copies().hold; }
  /// Lines were found to be copies, and one of each kind is simulated.
  bool lines_folded() const { return fold_.of_lines; }
  /// Where the region stands between two rounds. Precondition: lines_folded().
  struct Place {
    std::shared_ptr<const StreamReduce> engine;
    Fold fold;
    EngineTimes booked;
    RoundRepeats repeats;
    int rounds_added;
  };
  Place place() const { return {std::make_shared<StreamReduce>(*engine_), fold_, booked_, repeats_, rounds_added_}; }
  /// Goes on from where it stood in this launch.
  void go_back(const Place& to);
  /// After copies_failed() in round `failed`: the same, and some lines fewer stand for others, if that is enough.
  /// False: it is not, nothing was done.
  bool go_back_and_spare(const Place& to, int failed);
  /// See CopySearch.
  void simulate_all(int first, int last) { search_.simulate_all(first, last, part_.map().lines); }
  bool spare_positions() { return search_.spare_positions(); }
  /// Adds the books of the rounds since begin_time() or resume().
  void add_times(EngineTimes& times) const;
  /// Rounds x PEs that were simulated since open_launch().
  std::int64_t pe_rounds() const { return pe_rounds_; }
  /// Rounds since open_launch() that repeated the one before and were added.
  int rounds_added() const { return rounds_added_; }
  /// Before close_round() at a sink: issue of the last element of the round's sum at a position of this region.
  std::int32_t sink_issue(int position) const;
  /// Makes of `state`, an earlier one or none, the state between two rounds, if it is small enough to keep: columns of
  /// tokens are copies.
  bool give_state(StateRows& rows, EngineState& state) const;
  /// The cycle that a state's times are told from.
  std::int32_t state_origin() const { return engine_->state().origin(); }
  /// Stands as the region did whose state() this was, after `rounds` rounds, with times told from the state's origin.
  void resume(const StateRows& rows, const EngineState& state, int rounds);
  /// Before close_round(): departure from the west edge of the last wavelet of this round, of its lists if it
  /// has some.
  std::int32_t edge_departure();
  /// Lowers `slack` [chain lines of the launch] to this region's, which then starts anew; PartBooks::edge_slack.
  void take_edge_slack(std::vector<std::int32_t>& slack);
  /// Of all PEs, or one of each kind, once copies were found. Line 0 and, in a launch whose sums leave, positions are
  /// as in the launch.
  const StreamReduce& engine() const { return *engine_; }

  RegionValues& values() { return values_; }

 private:
  struct Edge : proto::BurstTaker {
    Region* region = nullptr;
    proto::Side side = proto::Side::north;
    void take(proto::WaveletBurst& burst) override { region->take_burst(side, burst); }
  };

  void take_burst(proto::Side from, proto::WaveletBurst& burst);
  void send(proto::Side to, proto::WaveletBurst& burst);
  EngineTimes books() const;
  void fold_copies(int round);
  void fold(Fold fold);
  void unfold();
  void begin_books();
  /// Of all lines and positions that the launch has here.
  StreamReduceShape whole_shape() const;
  void find_repeat(int round);
  /// Line of the round's owner, or -1 where it is not here.
  int owner_here() const;
  void stream_chunk(int line, int first, int last, const StreamReduce::Source& source);
  void pass_stream(int side, int line, int first, int last);
  void open_line(int line);
  void sum_elements(int first, int last);
  void hand_on(proto::BurstKind kind, int first, int last);
  void pass_returned(int round, int first, int last, std::vector<std::int32_t> times);

  FabricTiming timing_;
  RegionExtent extent_;
  std::array<std::unique_ptr<proto::WaveletOut>, 4> out_;
  std::array<std::unique_ptr<proto::WaveletIn>, 4> in_;
  std::array<Edge, 4> edges_;
  std::int64_t bursts_ = 0;

  LaunchPart part_;
  std::unique_ptr<StreamReduce> engine_;
  Fold fold_;           ///< no groups: of all PEs
  EngineTimes booked_;  ///< of all PEs, before the engine began
  bool add_runs_ = false;
  bool find_copies_ = false;
  bool find_repeats_ = false;
  bool adds_round_ = false;  ///< the round under way
  RoundRepeats repeats_;
  RetimedRounds retimed_;
  int rounds_added_ = 0;
  CopySearch search_;
  std::int64_t pe_rounds_ = 0;
  int round_ = 0;
  const std::int32_t* sink_ready_ = nullptr;

  RegionValues values_;
};

}  // namespace weft::hw
