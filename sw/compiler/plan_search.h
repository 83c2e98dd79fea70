#pragma once
// Which lanes to try, and how fast each can be at best.
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "hw/fabric/mapping.h"
#include "hw/spec/job.h"
#include "sw/compiler/planner.h"

namespace weft::sw {

/// Counts of lines to try, the largest first.
using LineCounts = std::set<int, std::greater<>>;

/// Adds the line counts, up to `limit`, at which the largest share of `n` changes: between two of them only the number
/// of PEs grows.
void add_shares(LineCounts& counts, int n, int limit);

/// Mappings with the same height and lanes; the widest first. Narrower ones hold more tokens a PE, need no less SRAM
/// and are bound to no shorter a step.
struct MappingFamily {
  int height = 0, lanes = 1;
  hw::FeatureAxis features_over = hw::FeatureAxis::rows;
  const LineCounts* widths = nullptr;
};

/// All families of a kind that fit the machine with `tokens` on the wafer: heights at which a layer's share changes.
class MappingSearch {
 public:
  MappingSearch(const std::vector<hw::MatrixLayer>& layers, const hw::MachineSpec& machine, PlanKind kind, int tokens,
                int lanes);
  const std::vector<MappingFamily>& families() const { return families_; }

 private:
  std::map<int, LineCounts> widths_;  ///< by the fullest lane's tokens
  std::vector<MappingFamily> families_;
};

/// A bound on a step that costs little: the samples' way in is left out, products of the fullest PE count once per
/// shape of layer.
class LeastStep {
 public:
  LeastStep(const std::vector<hw::MatrixLayer>& layers, const hw::MachineSpec& machine,
            const std::vector<hw::Launch>& launches);
  /// No plan is faster, per micro-batch.
  Cycle of(const hw::Mapping& mapping, int tokens) const;

 private:
  struct Products {
    int inputs, outputs;
    double density;
    hw::HalfSums half_sums;
    int forward = 0, delta = 0, gradient = 0;  ///< launches
  };
  hw::LaneSpec lanes_;
  int issue_;
  std::vector<Products> shapes_;
};

}  // namespace weft::sw
