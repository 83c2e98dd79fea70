#pragma once
// Times the matrix launches of a wafer, lane by lane. Every lane gets the same words in the same cycles, so lanes with
// equal tokens do the same: one of them then stands for all, unless everything is to be simulated. What is simulated
// runs on the host's threads, a lane on one of them.
#include <functional>
#include <memory>
#include <vector>

#include "hw/csx/matrix_timer.h"
#include "hw/wafer/wafer.h"

namespace weft::hw {

class LaneTimers {
 public:
  /// See MatrixTimer.
  LaneTimers(const MachineSpec& machine, Wafer& wafer, const EdgeLayout& layout, LaunchMemo* memo, bool keep_edge,
             StreamOrder order, ThreadPool& pool);

  /// Opens the launch that the wafer has open, of `layer`.
  void open(KernelKind kind, const MatrixLayer& layer, RunCycle start);
  /// As MatrixTimer's; the last lane's cycle.
  RunCycle feed(RunCycle ready, int rounds);
  /// The absolute cycle at which the last lane's sum has been added to the others.
  RunCycle drain(int rounds);
  EdgeMarks feed_and_drain(RunCycle ready, int rounds);
  void run(int rounds);
  /// Between two launches: the absolute cycles at which the last lane's sums of each round of a norm's gradient, which
  /// leave as `line`(tokens of the lane) says, have been added to the others. See MatrixTimer::drain_line().
  std::vector<RunCycle> drain_line(const MatrixLayer& layer, Rectangle lane, RunCycle start,
                                   const std::function<const ColumnTimes&(int tokens)>& line);
  /// Ends the launch: all lanes together.
  LaunchTimes close();
  /// Of one lane; only where everything is simulated.
  const std::vector<std::int32_t>& edge(int lane) const { return timed_[static_cast<std::size_t>(lane)].timer->edge(); }
  /// See MatrixTimer; of the first lane, and of all that are simulated.
  int rounds_added() const { return timed_.front().timer->rounds_added(); }
  std::int64_t pe_rounds() const;
  const char* how() const { return timed_.front().timer->how(); }

 private:
  struct Timed {
    int lane;   ///< that is simulated
    int count;  ///< lanes that it stands for, itself included
    std::unique_ptr<MatrixTimer> timer;
  };
  /// Calls step(timer) on every lane that is simulated; the latest of what it returns.
  template <typename Step>
  EdgeMarks latest(Step&& step);

  Wafer& wafer_;
  ThreadPool& pool_;
  Cycle sum_cycles_;  ///< of all lanes but the first
  std::vector<Timed> timed_;
};

}  // namespace weft::hw
