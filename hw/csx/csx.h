#pragma once
// CS-X: one system. Ethernet and the samples' link on one side, the wafer's edge on the other; walks the job's
// launches in order. One thread; a launch's times are computed ahead of the kernel's and annotated.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hw/csx/lane_timers.h"
#include "hw/csx/launch_watch.h"
#include "hw/csx/stream_values.h"
#include "hw/csx/system_books.h"
#include "hw/csx/system_links.h"
#include "hw/fabric/attention_timer.h"
#include "hw/kernels/column_times.h"
#include "hw/spec/placement.h"
#include "hw/spec/run_control.h"
#include "hw/spec/step_opening.h"

namespace weft::hw {

/// Closed-form length of a launch, given its words in time (sw/compiler's prediction).
using LaunchPrediction = std::function<Cycle(bool train, int launch)>;

/// Told when a step has ended on system 0, at `at`; steps in order.
using StepEnded = std::function<void(int stage, std::int64_t step, Picosecond at)>;

/// Makes who watches a system's launches.
using WatchOfSystem = std::function<std::unique_ptr<LaunchWatch>(int system)>;

/// What every system of a cluster shares.
struct SystemPlan {
  const Job* job = nullptr;
  const MachineSpec* machine = nullptr;
  Mapping mapping;
  WaferCut cut;
  LaunchMemo* memo = nullptr;  ///< null: no fast-forward
  LaunchPrediction predict;
  ThreadPool* pool = nullptr;
  WatchOfSystem watch = nullptr;   ///< null: nobody watches; else memo must be null
  StepEnded step_ended = nullptr;  ///< may be null
};

class CsX : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(CsX);
  /// `control` is told where each step is.
  CsX(const sc_core::sc_module_name& name, int system, const SystemPlan& plan, RunControl& control,
      proto::Recorder& recorder);

  SystemLinks links;

  const SystemBooks& books() const { return books_; }
  const Wafer& wafer() const { return wafer_; }
  /// Once a loss of this system was no finite number: see first_activation_not_finite(); -1: the loss alone, or none.
  int first_not_finite() const { return first_not_finite_; }
  /// What gradients lost where they left this system.
  const LayerLosses& gradient_losses() const { return values_.losses(); }

 private:
  void run();
  void run_step(int stage, std::int64_t step);
  void run_launch(proto::BlockTag tag, const Launch& launch);
  LaunchTimes launch_times(const proto::BlockTag& tag, const Launch& launch, proto::CausedLaunch& record);
  LaunchTimes load_input(const proto::BlockTag& tag, const Launch& launch, proto::CausedLaunch& record);
  LaunchTimes line(const proto::BlockTag& tag, const Launch& launch, proto::CausedLaunch& record);
  /// A launch of attention in the rectangles of its heads and sequences: its words stay on the wafer.
  LaunchTimes attention(const proto::BlockTag& tag, const Launch& launch, const proto::CausedLaunch& record);
  HeadGrid grid_of(const Launch& launch, int lane_tokens) const {
    return head_grid(plan_.job->layers[static_cast<std::size_t>(launch.layer)], *plan_.machine, plan_.mapping.lane,
                     lane_tokens, launch.tile);
  }
  LaunchTimes matrix(const proto::BlockTag& tag, const Launch& launch, proto::CausedLaunch& record);
  /// Loss and number of correct predictions, which leave row 0 of the slowest lane at cycle `leaves` of the launch.
  void send_loss(const proto::BlockTag& tag, const std::vector<float>& totals, LaunchCycle leaves,
                 proto::CausedLaunch& record);
  /// Books of a launch whose lanes do not meet; `of_lane`(tokens).
  template <typename OfLane>
  LaunchTimes each_lane(OfLane&& of_lane) const;
  void take_weights(proto::BlockTag tag, const Launch& launch, proto::CausedLaunch& record);
  void send_gradient(proto::BlockTag tag, const Launch& launch, proto::CausedLaunch& record);
  /// The gradient of a norm: `totals` of its line kernel, each row's gains, then its shifts.
  void send_totals(const proto::BlockTag& tag, const Launch& launch, const LineSettings& settings,
                   const std::vector<float>& totals, proto::CausedLaunch& record);
  /// A chunk of a gradient that is at the edge at `done`.
  void send_sums(proto::BlockTag tag, int chunk, proto::Block::Payload payload, RunCycle done,
                 proto::CausedLaunch& record);
  /// The next chunk that the launch of `tag` is sent.
  ArrivedBlock take_chunk(proto::BlockTag& tag, int chunk, proto::CausedLaunch& record);
  /// `arrival` was at the edge until `left`: its words are booked, its room is given back.
  void give_back(const ArrivedBlock& arrival, RunCycle left, proto::CausedLaunch& record);
  Dropout dropout_of(const proto::BlockTag& tag, int layer) const;
  /// Cycles that sums of a launch spend where the channels of the lanes are added up.
  Cycle lane_sum() const { return static_cast<Cycle>(wafer_.lanes() - 1) * plan_.machine->io.lane_sum_cycles; }
  void tell_place(const proto::BlockTag& tag, int rounds_done = 0, int rounds = 0);

  const int system_;
  SystemPlan plan_;
  Placement placement_;
  Wafer wafer_;
  EdgeLayout layout_;
  EdgeClock clock_;
  LaneTimers timers_;
  ColumnTimer line_timer_;
  AttentionTimer attention_timer_;
  std::unique_ptr<LaunchWatch> watch_;
  StreamValues values_;
  SystemBooks books_;
  RunControl& control_;
  StepOpening opening_;
  int first_not_finite_ = -1;
};

}  // namespace weft::hw
