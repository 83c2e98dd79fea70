#pragma once
// Runs launches of a training as PE programs and holds them against the wafer's arithmetic, bit by bit.
#include <array>
#include <functional>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "hw/fabric/launch_programs.h"
#include "hw/pe/array_setup.h"
#include "hw/pe/clocked_pe.h"
#include "hw/spec/machine.h"
#include "tlm/stats/launch_explanation.h"
#include "tlm/stats/program_totals.h"
#include "tlm/trace/recorder.h"

namespace weft::sw {

/// Rectangle of PEs that tiles take the place of, from the north-west corner of the plan's PEs.
struct TileRegion {
  int x = 0, y = 0, width = 0, height = 0;
  bool empty() const { return width == 0; }
};

class LaunchRunner : public hw::LaunchPrograms {
 public:
  /// PEs of the plan whose cores and links are traced, as (x, y).
  using Pes = std::vector<std::pair<int, int>>;

  /// `region` empty: the PE model runs everything. `machine` must outlive it.
  LaunchRunner(const hw::MachineSpec& machine, TileRegion region, hw::ClockedSource tiles)
      : machine_(machine), region_(region), tiles_(std::move(tiles)) {}

  /// Throws also UsageError, if a program does not fit into a PE.
  LaunchCycle run(const hw::ProgramLaunch& launch) override;
  bool wants(int system, const hw::CountedStep& step) const override {
    return !explained_ || (system == 0 && step == *explained_);
  }
  /// From now on runs the first launch of each kind and layer's shape in this step and no other, of
  /// system 0, and follows its path. Of lanes, or heads and sequences, the one that ends last is told.
  void explain(const hw::CountedStep& step) { explained_ = step; }
  /// In the order of their launches; of a step that was ended inside without those that were under way.
  std::vector<proto::LaunchExplanation> explanations() const;
  /// Tracks cluster.system0.pe_X_Y.thread0, .thread1: the opcode that acts; .thread0_pc, .thread1_pc: its place in the
  /// program, counted from 1; .north to .west: what the color that leaves carries; and cluster.system0.cycle, which
  /// counts the wafer's cycles in each launch. `recorder` must outlive this object. Of one system only.
  void trace(const Pes& pes, proto::Recorder& recorder);
  const proto::ProgramTotals& totals() const { return totals_; }
  /// `beat` is called now and then while a launch runs; it may throw to end the run there.
  void set_beat(std::function<void()> beat) { beat_ = std::move(beat); }

 private:
  const hw::MachineSpec& machine_;
  TileRegion region_;
  hw::ClockedSource tiles_;
  void record(const hw::ProgramLaunch& launch, const hw::ArraySetup& array, const hw::ArrayRun& run);

  struct Traced {
    int x = 0, y = 0;
    /// In the launch's array; -1: not there.
    int index_in(const hw::ProgramLaunch& launch, const hw::ArraySetup& array) const;
    std::array<proto::TrackId, hw::thread_count> threads{}, places{};
    std::array<proto::TrackId, hw::link_count> links{};
  };
  /// The kernel and its shape; with its place, what was run.
  using Kind = std::tuple<hw::KernelKind, int, int, bool, bool>;
  static Kind kind_of(const hw::ProgramLaunch& launch);
  struct Explained {
    proto::LaunchExplanation told;
    std::size_t order = 0;
    int layer = 0;
    std::vector<std::pair<int, int>> places;  ///< first column and row of those that were run
  };
  std::optional<hw::CountedStep> explained_;
  std::map<Kind, Explained> kinds_;
  std::function<void()> beat_;
  proto::Recorder* recorder_ = nullptr;
  proto::TrackId cycle_ = -1;
  RunCycle counted_;  ///< up to here the track has the cycles
  std::vector<Traced> traced_;
  proto::ProgramTotals totals_;
};

}  // namespace weft::sw
