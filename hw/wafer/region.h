#pragma once
// A rectangle of PEs behind its four edges: their time lines (StreamReduce) and their memories, as dense arrays.
// Regions meet only at their edges; how the wafer is cut into them changes no bit and no cycle.
// The wafer opens a launch on all regions, then per round lets the regions at the source send the stream and the
// regions at the foot of the chain begin the sum; everything else follows from bursts between neighbours.
#include <array>
#include <memory>
#include <systemc>

#include "hw/fabric/engine_state.h"
#include "hw/fabric/launch_map.h"
#include "hw/fabric/launch_times.h"
#include "hw/fabric/listed_rounds.h"
#include "hw/fabric/round_repeats.h"
#include "hw/fabric/stream_reduce.h"
#include "hw/wafer/region_memory.h"
#include "tlm/base/thread_pool.h"
#include "tlm/wavelet/burst.h"

namespace weft::hw {

class Region : public sc_core::sc_module {
 public:
  /// `lanes`: AXPY elements that a PE does per cycle.
  Region(const sc_core::sc_module_name& name, const FabricTiming& timing, int lanes, RegionExtent extent);

  /// One pair of ports per side; unbound at the edge of the rectangle.
  proto::WaveletOut& out(proto::Side side) { return *out_[static_cast<std::size_t>(side)]; }
  proto::WaveletIn& in(proto::Side side) { return *in_[static_cast<std::size_t>(side)]; }

  const RegionExtent& extent() const { return extent_; }
  /// Bursts that came in so far.
  std::int64_t bursts_received() const { return bursts_; }

  /// Which PEs of this region the next launch maps. `map` must outlive the launch.
  void open_launch(const LaunchMap& map);
  /// False: the launch has nothing to do here.
  bool mapped() const { return line_first_ < line_last_ && position_first_ < position_last_; }
  bool starts_stream(int round) const;
  bool starts_sum() const;
  /// True when the chain ends here and the sum leaves the rectangle here.
  bool is_sink() const { return mapped() && line_first_ == 0; }

  // ---- time ----------------------------------------------------------------------------------------------------
  /// All PEs stand at cycle 0 of the launch with empty queues.
  void begin_time(FastForward fast_forward);
  /// `sink_ready`: when the edge has room for the round's sums, by global position, or null; valid until close_round().
  void open_round(int round, const std::int32_t* sink_ready);
  /// The round's lists, stream and what comes of the sum before it has ended. Precondition: the launch has lists, and
  /// the region holds all of it. `edge`: StreamReduce::take_lists(). Returns when the last wavelet of the lists has
  /// left the west edge.
  std::int32_t run_listed(int round, const std::int32_t* edge);
  /// The stream and what comes of the sum before it has ended. Precondition: starts_stream(round), and the regions that
  /// hold later lines of the chain have run theirs. `edge`: see StreamReduce::Source, indexed by global line; null if
  /// not from the edge.
  void run_stream(int round, const std::int32_t* edge);
  /// The rest of the sum. Precondition: starts_sum(), and all regions have run their streams.
  void run_sum(int round);
  void close_round(int round);
  /// After close_round(): columns that had been found to be copies may have been none in this round. The launch must be
  /// gone on with from a place before it, or run again without FastForward::copies.
  bool copies_failed() const { return engine_ && !engine_->fold_holds(); }
  /// Lines were found to be copies, and one of each kind is simulated.
  bool lines_folded() const { return fold_.of_lines; }
  /// Where the region stands between two rounds. Precondition: lines_folded().
  struct Place {
    std::shared_ptr<const StreamReduce> engine;
    Fold fold;
    LaunchTimes booked;
    RoundRepeats repeats;
    int rounds_added;
  };
  Place place() const { return {std::make_shared<StreamReduce>(*engine_), fold_, booked_, repeats_, rounds_added_}; }
  /// Goes on from where it stood in this launch.
  void go_back(const Place& to);
  /// After copies_failed() in round `failed`: the same, and some lines fewer stand for others, if that is enough.
  /// False: it is not, nothing was done.
  bool go_back_and_spare(const Place& to, int failed);
  /// In rounds [first, last] of this launch no line stands for others.
  void simulate_all(int first, int last);
  /// More positions before others of another kind stand for themselves, when the launch is run again. False: no more.
  bool spare_positions();
  /// Adds the books of the rounds since begin_time() or resume().
  void add_times(LaunchTimes& times) const;
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
  std::int32_t state_origin() const { return engine_->state_origin(); }
  /// Stands as the region did whose state() this was, after `rounds` rounds, with times told from the state's origin.
  void resume(const StateRows& rows, const EngineState& state, int rounds);
  /// Before close_round(): departure from the west edge of the last wavelet of this round.
  std::int32_t edge_departure();
  /// Lowers `slack` [chain lines of the launch] to this region's, which then starts anew; StreamReduce::edge_slack().
  void take_edge_slack(std::vector<std::int32_t>& slack);
  /// Of all PEs, or one of each kind, once copies were found. Line 0 and, in a launch whose sums leave, positions are
  /// as in the launch.
  const StreamReduce& engine() const { return *engine_; }
  int first_line() const { return line_first_; }
  int first_position() const { return position_first_; }

  // ---- values --------------------------------------------------------------------------------------------------
  void allocate(const std::vector<MatrixLayer>& layers, Rectangle rectangle, int tokens);
  RegionMemory& memory() { return *memory_; }
  /// Starts a matrix launch on values; `layer` is an index.
  void begin_values(KernelKind kind, int layer, ThreadPool& pool);
  /// Scalars of rounds [first, first + rounds) for the lines of this region and of those it hands them on to.
  /// From the edge: weights [rounds][elements of all chain lines of the launch].
  void stream_weights(int first, int rounds, const float* weights, int row_stride);
  /// From the owner's memory: the deltas of those rounds; precondition: their owner rows are in this region.
  void stream_deltas(int first, int rounds);
  /// Precondition: this region stands at the foot of the chain. Adds up the chain and delivers the sums.
  void sum_values(int first, int rounds);
  /// Gradient sums of the last sum_values() that ended here: [rounds][features here, bias last if here].
  const std::vector<float>& leaving_values() const { return sums_; }
  /// Ends a launch that keeps its sums in the PEs (retained delta).
  void end_values();

 private:
  struct Edge : proto::BurstTaker {
    Region* region = nullptr;
    proto::Side side = proto::Side::north;
    void take(proto::WaveletBurst& burst) override { region->take_burst(side, burst); }
  };

  void take_burst(proto::Side from, proto::WaveletBurst& burst);
  void send(proto::Side to, proto::WaveletBurst& burst);
  bool neighbour(proto::Side side) const;
  proto::Side left() const { return map_->lines_are_rows ? proto::Side::west : proto::Side::north; }
  proto::Side right() const { return opposite(left()); }
  proto::Side above() const { return map_->lines_are_rows ? proto::Side::north : proto::Side::east; }
  proto::Side below() const { return opposite(above()); }

  bool alone() const;
  LaunchTimes books() const;
  void fold_copies(int round);
  bool simulates_all(int round) const;
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

  void use_scalars(int first, int rounds, const float* scalars, int stride);
  void deliver(int first, int rounds, const std::vector<float>& sums);
  /// Chain lines of the launch that are here.
  int engine_lines() const;

  FabricTiming timing_;
  int lanes_;
  RegionExtent extent_;
  std::array<std::unique_ptr<proto::WaveletOut>, 4> out_;
  std::array<std::unique_ptr<proto::WaveletIn>, 4> in_;
  std::array<Edge, 4> edges_;
  std::int64_t bursts_ = 0;

  const LaunchMap* map_ = nullptr;
  std::unique_ptr<StreamReduce> engine_;
  Fold fold_;           ///< no groups: of all PEs
  LaunchTimes booked_;  ///< of all PEs, before the engine began
  bool find_copies_ = false;
  bool find_repeats_ = false;
  bool adds_round_ = false;  ///< the round under way
  RoundRepeats repeats_;
  ListedRounds listed_;
  int rounds_added_ = 0;
  std::vector<std::pair<int, int>> all_rounds_;  ///< simulate_all()
  int spared_ = 0;                               ///< StreamReduce::find_fold()
  int pushed_round_ = 0, pushed_lines_ = 0;      ///< go_back_and_spare(): the last one
  int gave_up_ = 0;                              ///< times that too many would have had to be spared
  std::int64_t pe_rounds_ = 0;
  int line_first_ = 0, line_last_ = 0, position_first_ = 0, position_last_ = 0;
  int round_ = 0;
  const std::int32_t* sink_ready_ = nullptr;

  std::unique_ptr<RegionMemory> memory_;
  const Kernel* kernel_ = &kernel_of(KernelKind::matmul_forward);
  int layer_ = 0;
  ThreadPool* pool_ = nullptr;
  std::vector<float> scalars_, sums_, transposed_, kept_scalars_;
};

}  // namespace weft::hw
