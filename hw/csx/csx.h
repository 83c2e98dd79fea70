#pragma once
// CS-X: one system. Ethernet and the samples' link on one side, the wafer's edge on the other; walks the job's
// launches in order. One thread; a launch's times are computed ahead of the kernel's and annotated.
#include <array>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "hw/csx/lane_timers.h"
#include "hw/csx/program_check.h"
#include "hw/spec/job.h"
#include "hw/spec/placement.h"
#include "hw/spec/run_control.h"
#include "hw/wafer/wafer.h"
#include "tlm/base/clock_crossing.h"
#include "tlm/block/link_port.h"
#include "tlm/block/transport.h"
#include "tlm/stats/caused_launch.h"
#include "tlm/stats/path_record.h"
#include "tlm/trace/recorder.h"

namespace weft::hw {

/// Closed-form length of a launch, given its words in time (sw/compiler's prediction).
using LaunchPrediction = std::function<Cycle(bool train, int launch)>;

/// Told when a step has ended on system 0, at `at`; steps in order.
using StepEnded = std::function<void(int stage, std::int64_t step, Picosecond at)>;

/// What every system of a cluster shares.
struct SystemPlan {
  const Job* job = nullptr;
  const MachineSpec* machine = nullptr;
  Mapping mapping;
  WaferCut cut;
  LaunchMemo* memo = nullptr;  ///< null: no fast-forward
  LaunchPrediction predict;
  ThreadPool* pool = nullptr;
  LaunchPrograms* programs = nullptr;  ///< null: launches are not run as programs; else memo must be null
  StepEnded step_ended = nullptr;      ///< may be null
};

class CsX : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(CsX);
  /// `control` is told where each step is.
  CsX(const sc_core::sc_module_name& name, int system, const SystemPlan& plan, RunControl& control,
      proto::Recorder& recorder);

  sc_core::sc_vector<tlm_utils::passthrough_target_socket_tagged<CsX>> ethernet_in;  ///< per lane
  sc_core::sc_vector<tlm_utils::simple_initiator_socket<CsX>> ethernet_out;
  tlm_utils::passthrough_target_socket<CsX> input_in;
  tlm_utils::simple_initiator_socket<CsX> input_out;  ///< credits of consumed samples

  const std::vector<proto::CausedLaunch>& launches() const { return records_; }
  /// Critical paths of the steps so far.
  const std::vector<proto::StepPath>& paths() const { return paths_; }
  /// PE-cycles by class since the start, launches and the time between them; they add up to PEs x wafer_cycles().
  const proto::ClassCycles& class_cycles() const { return totals_; }
  Cycle wafer_cycles() const { return wafer_free_.since(); }
  std::vector<proto::LimitingLink> link_records() const;
  std::string waiting_for() const { return waiting_; }
  const Wafer& wafer() const { return wafer_; }
  /// Once a loss of this system was no finite number: see first_activation_not_finite(); -1: the loss alone, or none.
  int first_not_finite() const { return first_not_finite_; }

 private:
  struct Arrival {
    proto::BlockTag tag;
    proto::Block::Payload payload;
    Picosecond at;
    proto::Cause cause;
  };
  /// How far the words of the launch under way have come: the latest event on the wafer, and its cycle.
  struct Progress {
    proto::Cause cause;
    RunCycle at;
  };

  void run();
  void run_step(int stage, std::int64_t step);
  void run_launch(proto::BlockTag tag, const Launch& launch, bool train);
  LaunchTimes launch_times(const proto::BlockTag& tag, const Launch& launch, bool train, const Dropout& dropout,
                           proto::CausedLaunch& record);
  LaunchTimes load_input(const proto::BlockTag& tag, proto::CausedLaunch& record);
  LaunchTimes local(const Launch& launch, const Dropout& dropout, const proto::CausedLaunch& record);
  LaunchTimes matrix(const proto::BlockTag& tag, const Launch& launch, proto::CausedLaunch& record);
  LaunchTimes softmax(const proto::BlockTag& tag, const Launch& launch, bool train, proto::CausedLaunch& record);
  /// Books of a launch whose lanes do not meet; `of_lane`(tokens).
  template <typename OfLane>
  LaunchTimes each_lane(OfLane&& of_lane) const;
  void take_weights(proto::BlockTag tag, const Launch& launch, proto::CausedLaunch& record);
  void send_gradient(proto::BlockTag tag, const Launch& launch, proto::CausedLaunch& record);
  proto::Block::Payload gradient_sums(const MatrixLayer& layer, const StreamShape& shape, int chunk);
  /// The next chunk that the launch of `tag` is sent.
  Arrival take_chunk(proto::BlockTag& tag, int chunk, proto::CausedLaunch& record);
  void decode(const MatrixLayer& layer, KernelKind kind, const StreamShape& shape, int chunk,
              const proto::PayloadBytes& payload);
  void book(proto::CausedLaunch& record, KernelKind kind, LaunchTimes times);
  /// The edge has waited for words, `words` is when they are there, and the wafer is through with them at `done`.
  void take(const Arrival& arrival, RunCycle words, RunCycle done, proto::CausedLaunch& record);

  void receive(int lane, tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
  void receive_samples(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
  /// What next() waits for, for waiting_for(). A step of its own: when a run ends, the thread may stay in next() for
  /// ever, and what its stack then held would be lost.
  void expect(const std::string& what);
  /// Waits, in kernel time too, until the next arrival of `queue`.
  Arrival next(std::deque<Arrival>& queue);
  void send_up(const proto::BlockTag& tag, proto::Block::Payload payload, Picosecond ready, proto::Cause cause);
  /// Of the event `cause` on the wafer, which is at `cycle`, one that follows from it out there.
  proto::Cause leaving(const proto::Cause& cause, RunCycle cycle, proto::Limiter limiter) const;
  Picosecond ps_of(RunCycle cycle) const { return to_ps(plan_.machine->clock, cycle); }
  RunCycle to_edge(Picosecond at) const { return run_cycle(plan_.machine->clock, at + plan_.machine->io.latency_ps); }
  Picosecond from_edge(RunCycle cycle) const { return ps_of(cycle) + plan_.machine->io.latency_ps; }

  void tell_place(const proto::BlockTag& tag, int rounds_done = 0, int rounds = 0);

  const int system_;
  SystemPlan plan_;
  Placement placement_;
  Wafer wafer_;
  EdgeLayout layout_;
  LaneTimers timers_;
  ProgramCheck programs_;
  proto::Recorder& recorder_;
  proto::TrackId phase_track_, step_track_, start_track_;
  int trace_source_;
  std::vector<proto::LinkPort> up_;
  std::vector<std::deque<Arrival>> weights_;  ///< per lane
  std::deque<Arrival> samples_, step_begins_;
  sc_core::sc_event arrived_;
  std::vector<proto::CausedLaunch> records_;
  std::vector<proto::StepPath> paths_;
  Progress progress_;
  proto::WorkOf work_;  ///< the launch under way
  proto::ClassCycles totals_{};
  RunCycle wafer_free_;
  std::array<RunCycle, 3> begun_{};  ///< where this step and the two before began
  Cycle launch_gap_;
  std::int64_t global_step_ = 0;
  float loss_scale_ = 1.0F;
  std::vector<std::uint16_t> halves_;
  std::vector<float> decoded_, lane_sums_, places_;
  std::string waiting_;
  RunControl& control_;
  int first_not_finite_ = -1;
};

}  // namespace weft::hw
