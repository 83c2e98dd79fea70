#pragma once
// Times the matrix launches of one lane: from the edge's words to the marks that the rest of the cluster sees,
// simulated, or added when the memo holds an identical launch.
#include <memory>
#include <optional>
#include <vector>

#include "hw/csx/edge_drain.h"
#include "hw/csx/edge_feed.h"
#include "hw/csx/launch_memo.h"
#include "hw/wafer/lane.h"

namespace weft::hw {

class MatrixTimer {
 public:
  /// `memo` null: everything is simulated. `keep_edge`: edge() is wanted. `order`: of every stream from the edge.
  MatrixTimer(const MachineSpec& machine, Lane& lane, const EdgeLayout& layout, LaunchMemo* memo, bool keep_edge,
              StreamOrder order = {})
      : machine_(machine), lane_(lane), layout_(layout), memo_(memo), keep_edge_(keep_edge), order_(order) {}

  /// Opens a launch that begins at absolute cycle `start`. `map` must outlive it; the lane has it open.
  void open(const LaunchMap& map, LaunchMemo::Key key, Cycle start);
  /// The next `rounds` rounds' weights are at the edge from absolute cycle `ready` on.
  /// Returns the absolute cycle at which the last of them has left the edge.
  Cycle feed(Cycle ready, int rounds);
  /// The next `rounds` rounds of a launch whose sums leave: the absolute cycle at which the last is at the edge.
  Cycle drain(int rounds);
  /// Both, of a launch whose PEs get lists: the indices left the edge, the sums are at the edge.
  EdgeMarks feed_and_drain(Cycle ready, int rounds);
  /// The rounds of a launch without edge traffic.
  void run(int rounds);
  /// Ends the launch. Valid until the next open().
  const LaunchTimes& close();
  /// Of the rounds simulated so far: [rounds][chain], cycle before the first wavelet may enter each line.
  const std::vector<std::int32_t>& edge() const { return edge_; }
  /// True if the launch was not simulated but added.
  bool added() const { return added_; }
  /// After close(): what was simulated of it, and why no less.
  const char* how() const;

 private:
  EdgeMarks chunk(std::vector<std::int32_t> starts, int rounds);
  EdgeMarks simulate(std::size_t chunk, int rounds);
  /// Words of an earlier launch that are still on their way out; nothing after the launch's first chunk.
  void add_busy_drain(std::vector<std::int32_t>& starts) const;
  bool follows_memo();
  /// Of the chunks from `first` on.
  bool same_times(const LaunchRun& run, std::size_t first) const;
  std::vector<std::int32_t> channel_slack(std::size_t channels);

  const MachineSpec& machine_;
  Lane& lane_;
  EdgeLayout layout_;
  LaunchMemo* memo_;
  bool keep_edge_;
  StreamOrder order_;
  const LaunchMap* map_ = nullptr;
  LaunchMemo::Key key_{};
  Cycle start_ = 0;
  std::vector<Cycle> feed_channels_;
  std::vector<Cycle> drain_channels_;  ///< absolute
  std::optional<EdgeFeed> feed_;
  std::optional<EdgeDrain> drain_;
  std::size_t candidate_ = 0;  ///< in memo_->runs(key_); holds for the chunks before the newest
  bool added_ = false;
  bool find_copies_ = true;
  LaunchRun current_;
  std::vector<int> rounds_;  ///< per chunk so far
  int next_round_ = 0;
  LaunchTimes result_;
  std::vector<std::int32_t> edge_;
};

}  // namespace weft::hw
