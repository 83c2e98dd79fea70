#pragma once
// A lane: PEs with all features and their share of the tokens, cut into a grid of regions that are joined by their
// sockets, and the launches on it.
// Time and values of a launch are separate walks over the same regions: a run may skip either (proven repeats of a
// launch need no time line; --timing_only needs no values). A launch of which a round may have to be timed again is
// timed whole (retimed_rounds.h).
#include <memory>
#include <systemc>
#include <vector>

#include "hw/fabric/head_grid.h"
#include "hw/fabric/launch_programs.h"
#include "hw/fabric/launch_times.h"
#include "hw/wafer/region.h"

namespace weft::hw {

/// Into how many parts a lane is cut. Changes neither bits nor cycles.
struct WaferCut {
  int rows = 1, columns = 1;
};

class Lane : public sc_core::sc_module {
 public:
  /// `tokens` of each micro-batch are this lane's.
  Lane(const sc_core::sc_module_name& name, const MachineSpec& machine, const Job& job, Rectangle rectangle, int tokens,
       WaferCut cut, ThreadPool& pool);

  /// Opens a matrix launch, for its time, its values or both. `map` must outlive it.
  void begin_launch(const LaunchMap& map, const Launch& launch);

  // ---- time ------------------------------------------------------------------------------------------------------
  void begin_time(FastForward fast_forward);
  /// One round. `edge` [chain lines; of lists positions] or null: cycle before the first wavelet may enter;
  /// `sink_ready` [positions] or null: when the east edge has room for the round's sums.
  void run_round(int round, const std::int32_t* edge, const std::int32_t* sink_ready);
  /// Cycle at which the last wavelet of the last round has left the west edge.
  EngineCycle edge_departure() const { return EngineCycle(edge_departure_); }
  /// Since the last call, per chain line: by how many cycles its words could have come later;
  /// PartBooks::edge_slack.
  std::vector<std::int32_t> take_edge_slack();
  /// Issue of the last element of the last round by the PE of the east column in row `position`.
  std::int32_t sink_issue(int position) const { return sink_issue_[static_cast<std::size_t>(position)]; }
  /// After a round: see Region::copies_failed().
  bool copies_failed() const;
  /// See Region; of a lane that is cut only in a launch with lists.
  bool lines_folded() const { return timed_.front()->lines_folded(); }
  Region::Place place() const { return timed_.front()->place(); }
  void go_back(const Region::Place& to) { timed_.front()->go_back(to); }
  bool go_back_and_spare(const Region::Place& to, int failed) { return timed_.front()->go_back_and_spare(to, failed); }
  void simulate_all(int first, int last) { timed_.front()->simulate_all(first, last); }
  bool spare_positions() { return timed_.front()->spare_positions(); }
  /// Books of the rounds since begin_time() or resume(); throws SimulationError if they do not add up.
  EngineTimes times() const;
  /// Rounds x PEs that were simulated since begin_launch().
  std::int64_t pe_rounds() const;
  /// Rounds since begin_launch() that repeated the one before and were added; of a lane that is cut none.
  int rounds_added() const { return timed_.front()->rounds_added(); }
  /// See Region; never of a lane that is cut.
  bool give_state(StateRows& rows, EngineState& state) const;
  EngineCycle state_origin() const { return EngineCycle(timed_.front()->state_origin()); }
  /// From then on times are told from the state's origin.
  void resume(const StateRows& rows, const EngineState& state, int rounds);

  // ---- values ----------------------------------------------------------------------------------------------------
  void allocate();
  /// This lane's samples [tokens][features] as fp16 bits and labels [tokens], in the order of their numbers, as the
  /// input servers have them before they deal them; padding_label says where a sequence ends.
  void load_samples(const std::uint16_t* samples, const std::int32_t* labels);
  void begin_values();
  /// Rounds of a launch that consumes weights, [rounds][elements] in stream order.
  void weight_values(int first_round, int rounds, const float* weights, int elements);
  /// Rounds of this lane's gradient of the launch's layer: [rounds][inputs, then the bias if there is one].
  void gradient_values(int first_round, int rounds, float* gradient);
  void retained_delta_values();
  /// The lane's block: [features, bias last where there is one][tokens].
  FeatureBlock gather(int tensor) const;
  std::vector<std::int32_t> gather_labels();
  /// A line kernel's launch on this lane's tokens. Totals that leave row 0: of the loss its sum and the number of
  /// correct predictions; padding samples (label -1) count nowhere.
  std::vector<float> line_values(const Launch& launch, const LineSettings& settings);

  /// A launch of attention on this lane's tokens. Not cut: the values of all regions meet.
  void attention_values(const Launch& launch, const LineSettings& settings);
  /// Of a launch of attention: its heads and sequences on this lane.
  HeadGrid grid(const Launch& launch) const;
  /// Which token stands where.
  TokenOrder order() const { return {tokens_, std::min(rectangle_.width, tokens_), job_.dealt_tokens()}; }
  /// What the launch of attention's softmax tells the PEs of one head of one sequence: of padded ones its length.
  LineSettings settings_at(const Launch& launch, const LineSettings& settings, const HeadGrid::Place& place) const;

  /// What rounding to halves did to values since the last call.
  HalfLosses take_losses();

  /// Bursts that crossed from one region to another.
  std::int64_t cut_crossings() const;
  int regions() const { return static_cast<int>(regions_.size()); }

 private:
  /// The stream of rounds from `first` on that one region's lines own, up to `last`. Returns where it ends.
  int stream_block(int first, int last, int deltas);
  void scatter(int tensor, FeatureBlock whole);
  /// Where all of a tensor stands together; null: nowhere.
  FeatureBlock* whole_block(int tensor);
  void product_values(const Launch& launch);
  /// A line kernel's launch on attention's scores or on the features of heads.
  void head_values(const Launch& launch, const LineSettings& settings);
  Region& region(int row, int column) { return *regions_[static_cast<std::size_t>(row * cut_.columns + column)]; }

  const MachineSpec& machine_;
  const Job& job_;
  Rectangle rectangle_;
  int tokens_;
  WaferCut cut_;
  FabricTiming timing_;
  ThreadPool& pool_;
  std::vector<std::unique_ptr<Region>> regions_;
  std::unique_ptr<Region> whole_;  ///< of a lane that is cut: times launches with lists
  std::vector<Region*> timed_;     ///< by these the launch is timed
  const LaunchMap* map_ = nullptr;
  std::int32_t edge_departure_ = 0;
  std::vector<std::int32_t> sink_issue_;
  Launch launch_;
  std::vector<int> lengths_;          ///< of the sequences that have come in, without their padding
  HalfLosses losses_;                 ///< of what is no region's alone
  std::vector<FeatureBlock> scores_;  ///< tensors that lie by heads, by their places in the job; of the others nothing
};

}  // namespace weft::hw
