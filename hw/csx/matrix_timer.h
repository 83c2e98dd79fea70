#pragma once
// Times the matrix launches of one lane: from the edge's words to the marks that the rest of the cluster sees, chunk by
// chunk, simulated, or added when the memo holds what repeats. A launch may take longer than the 32 bits of its lane's
// times: long waits for words are left out of them, and a lane that goes on from a kept state tells them from there.
// Where that is not enough the run stops with a TimeOverflow.
#include <limits>
#include <optional>
#include <vector>

#include "hw/csx/edge_drain.h"
#include "hw/csx/edge_feed.h"
#include "hw/fabric/time_guard.h"
#include "hw/fast_forward/launch_memo.h"
#include "hw/kernels/column_times.h"
#include "hw/wafer/lane.h"

namespace weft::hw {

class MatrixTimer {
 public:
  /// `memo` null: everything is simulated. `keep_edge`: edge() is wanted. `order`: of every stream from the edge.
  /// `least_rest`: a wait of all PEs for the edge's words that is so much longer than a round is added, not simulated.
  MatrixTimer(const MachineSpec& machine, Lane& lane, const EdgeLayout& layout, LaunchMemo* memo, bool keep_edge,
              StreamOrder order = {}, Cycle least_rest = usual_least_rest)
      : machine_(machine),
        lane_(lane),
        layout_(layout),
        memo_(memo),
        keep_edge_(keep_edge),
        order_(order),
        least_rest_(least_rest) {}

  static constexpr Cycle usual_least_rest = 1 << 16;

  /// Opens a launch that begins at `start`. `map` must outlive it; the lane has it open.
  void open(const LaunchMap& map, LaunchMemo::Key key, RunCycle start);
  /// The next `rounds` rounds' weights are at the edge from `ready` on. Returns when the last of them has left it.
  RunCycle feed(RunCycle ready, int rounds);
  /// The next `rounds` rounds of a launch whose sums leave: when the last is at the edge.
  RunCycle drain(int rounds);
  /// Both, of a launch whose PEs get lists: the indices have left the edge, the sums are at the edge.
  EdgeMarks feed_and_drain(RunCycle ready, int rounds);
  /// The rounds of a launch without edge traffic.
  void run(int rounds);
  /// Between two launches, sums that leave at the end of a line kernel's launch that begins at `start`: those of a
  /// gradient of `map`, of each row its rounds behind each other, in the cycles of `line`. Returns when each round's
  /// last is at the edge. Throws UsageError where a row's buffer does not hold all that the row sends.
  std::vector<RunCycle> drain_line(const LaunchMap& map, RunCycle start, const ColumnTimes& line);
  /// Ends the launch. Valid until the next open().
  const LaunchTimes& close();
  /// Of the rounds simulated so far: [rounds][chain; of lists rows with inputs], cycle before the first wavelet may
  /// enter each line.
  const std::vector<std::int32_t>& edge() const { return edge_; }
  /// Of the launch's rounds, how many were added, not simulated.
  int rounds_added() const { return rounds_added_; }
  /// Rounds x PEs that were simulated for the launch, those included that led to a state known before.
  std::int64_t pe_rounds() const { return lane_.pe_rounds(); }
  /// After close(): what was simulated of it, and why no less.
  const char* how() const;

 private:
  /// A chunk of the launch and the state of the lane before it.
  struct Chunk {
    std::vector<LaunchCycle> starts;
    LaunchCycle all_handed_on;  ///< the edge's last word of it
    int first = 0, rounds = 0;
    int state = LaunchWalks::begin;
    LaunchCycle origin;
    Cycle waited = 0;  ///< at rest for words, so far; left out of the lane's times
  };
  /// Where the lane stands.
  struct Standing {
    std::size_t chunks = 0;  ///< after so many of them
    int rounds = 0;          ///< and so many rounds of the next
    std::size_t timed = 0;   ///< after so many chunks
    EngineTimes times;       ///< were the lane's books these
    EngineState state;       ///< the last one that was simulated
    LaunchCycle base;        ///< see lane_origin()
  };
  /// Where all stood after `rounds` rounds of a chunk, one of each kind of line being simulated.
  struct Place {
    std::size_t chunk;
    int rounds;
    Region::Place lane;
    std::optional<EdgeFeed::Place> feed;
    std::optional<EdgeDrain> drain;
    std::size_t edge;
  };

  std::vector<LaunchCycle> busy_drain() const;
  void drain_until(RunCycle start, const std::vector<LaunchCycle>& channels);
  EdgeMarks chunk(std::vector<LaunchCycle> starts, int rounds);
  Cycle rest_before_chunk() const;
  /// The cycle of the launch that the lane's times are told from, when it is in `chunk`.
  LaunchCycle lane_origin(const Chunk& chunk) const { return lane_stands_.base + chunk.waited; }
  EdgeFeed::Starts lane_starts(const Chunk& chunk) const;
  void look_at_times() const;
  ChunkInput input_of(const Chunk& chunk) const;
  ChunkRun simulate();
  void begin_at(std::size_t chunk);
  void keep_place(int rounds);
  void go_back(int failed);
  std::optional<int> run_rounds();
  std::vector<std::int32_t> channel_slack(std::size_t channels);
  EdgeMarks append(const ChunkRun& run);

  static constexpr int never = std::numeric_limits<int>::max();

  const MachineSpec& machine_;
  Lane& lane_;
  EdgeLayout layout_;
  LaunchMemo* memo_;
  bool keep_edge_;
  StreamOrder order_;
  Cycle least_rest_;
  const LaunchMap* map_ = nullptr;
  LaunchWalks* walks_ = nullptr;  ///< null: no memo
  RunCycle start_;
  std::vector<RunCycle> feed_channels_, drain_channels_;
  std::optional<EdgeFeed> feed_;
  std::optional<EdgeDrain> drain_;
  TimeGuard guard_;
  bool find_copies_ = true;
  std::optional<Place> place_;  ///< the last one that was kept
  int all_from_ = never;        ///< of the last stretch of rounds that all lines are simulated in
  std::vector<Chunk> chunks_;   ///< so far; the last one is under way
  Standing lane_stands_;
  Chunk next_;  ///< begins here
  int rounds_added_ = 0;
  LaunchTimes result_;
  std::vector<LaunchCycle> channels_after_;  ///< of the east edge
  std::vector<std::int32_t> edge_;
};

}  // namespace weft::hw
