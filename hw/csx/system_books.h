#pragma once
// What a system did, when, and what for: its launches, the critical paths of its steps, PE-cycles by class, its tracks.
#include <array>
#include <vector>

#include "hw/csx/edge_clock.h"
#include "hw/csx/system_links.h"
#include "hw/fabric/launch_times.h"
#include "hw/spec/job.h"
#include "tlm/stats/caused_launch.h"
#include "tlm/stats/path_record.h"
#include "tlm/trace/recorder.h"

namespace weft::hw {

class SystemBooks {
 public:
  /// `gap`: cycles between two launches. `job`, `machine` and `recorder` outlive this.
  SystemBooks(int system, const Job& job, const MachineSpec& machine, Cycle gap, proto::Recorder& recorder);

  /// A step begins when the wafer is free and `begin` is at the edge. Throws TimeOverflow.
  void open_step(const ArrivedBlock& begin);
  /// Its last launch has been booked. Returns when that ended.
  Picosecond close_step(const proto::BlockTag& tag);

  /// The next launch begins a gap after the one before.
  proto::CausedLaunch open_launch(const proto::BlockTag& tag, const Launch& launch, Cycle predicted);
  /// The open launch waited at the edge for `arrival`, whose words are there at `words`, and is through with them at
  /// `done`.
  void take(const ArrivedBlock& arrival, RunCycle words, RunCycle done, proto::CausedLaunch& record);
  /// What leaves the edge at `cycle`, for `link`, the last `lane_sum` cycles of it in the sum over lanes: the event of
  /// its coming to the network interface.
  proto::Cause leaving(RunCycle cycle, proto::Limiter link, Cycle lane_sum = 0) const;
  /// Closes the open launch. Throws TimeOverflow if the time of all PEs is one.
  void book(proto::CausedLaunch& record, KernelKind kind, LaunchTimes times);

  /// Whose work the open launch is.
  const proto::WorkOf& work() const { return work_; }
  /// Training steps done before the open one, those of earlier runs included.
  std::int64_t global_step() const { return global_step_; }
  const std::vector<proto::CausedLaunch>& launches() const { return launches_; }
  const std::vector<proto::StepPath>& paths() const { return paths_; }
  /// They add up to PEs x free_at().
  const proto::ClassCycles& class_cycles() const { return totals_; }
  RunCycle free_at() const { return free_; }

 private:
  /// How far the words of the open launch have come: the latest event on the wafer, and its cycle.
  struct Progress {
    proto::Cause cause;
    RunCycle at;
  };

  const int system_;
  const MachineSpec& machine_;
  const std::int64_t pes_;
  EdgeClock clock_;
  Cycle gap_;
  proto::Recorder& recorder_;
  proto::TrackId phase_track_, step_track_, start_track_;
  int trace_source_;
  std::vector<proto::CausedLaunch> launches_;
  std::vector<proto::StepPath> paths_;
  proto::ClassCycles totals_{};
  Progress progress_;
  proto::WorkOf work_;
  RunCycle free_, step_open_;
  std::array<RunCycle, 3> begun_{};  ///< where this step and the two before began: the end of the launch before
  std::int64_t global_step_;
};

}  // namespace weft::hw
