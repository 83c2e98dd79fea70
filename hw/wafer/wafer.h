#pragma once
// The wafer: a plan's lanes side by side, each a grid of regions. Lanes do not meet on the wafer.
#include <map>
#include <memory>
#include <systemc>
#include <utility>
#include <vector>

#include "hw/wafer/lane.h"

namespace weft::hw {

class Wafer : public sc_core::sc_module {
 public:
  Wafer(const sc_core::sc_module_name& name, const MachineSpec& machine, const Job& job, const Mapping& mapping,
        WaferCut cut, ThreadPool& pool);

  int lanes() const { return static_cast<int>(lanes_.size()); }
  Lane& lane(int index) { return *lanes_[static_cast<std::size_t>(index)]; }
  const Lane& lane(int index) const { return *lanes_[static_cast<std::size_t>(index)]; }
  int lane_tokens(int index) const { return mapping_.lane_tokens(job_.tokens(), index); }
  int lane_first_token(int index) const { return mapping_.lane_first_token(job_.tokens(), index); }
  /// Of a lane, among the plan's PEs.
  int first_row(int lane) const { return lane * lane_pitch_; }
  /// Settings of a line kernel for a lane's tokens.
  LineSettings lane_settings(LineSettings settings, int lane) const {
    settings.dropout = settings.dropout.from(0, lane_first_token(lane));
    return settings;
  }
  /// An activation of `features` features on a lane.
  BlockMap block(int lane, int features) const { return {mapping_.lane, features, lane_tokens(lane)}; }

  /// Opens a matrix launch on every lane.
  void begin_launch(const Launch& launch);
  /// Of the launch that is open; those of lanes with equal tokens are equal.
  const LaunchMap& map(int lane) const { return maps_[static_cast<std::size_t>(lane)]; }

  // ---- values: the same launch on every lane's tokens, see Lane -------------------------------------------------
  void allocate();
  /// Samples [tokens][features] as fp16 bits and labels [tokens].
  void load_samples(const std::uint16_t* samples, const std::int32_t* labels);
  void begin_values();
  void weight_values(int first_round, int rounds, const float* weights, int elements);
  void retained_delta_values();
  /// What rounding to halves did to values since the last call.
  HalfLosses take_losses() {
    HalfLosses all;
    for (auto& lane : lanes_) all.add(lane->take_losses());
    return all;
  }

  /// Bursts that crossed from one region to another.
  std::int64_t cut_crossings() const;
  int regions() const;

 private:
  std::shared_ptr<const RoundCounts> counts_of(KernelKind kind, int layer);

  const Job& job_;
  Mapping mapping_;
  int lane_pitch_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<LaunchMap> maps_;
  std::map<std::pair<int, bool>, std::shared_ptr<const RoundCounts>> counts_;  ///< by layer; of its delta pass
};

}  // namespace weft::hw
