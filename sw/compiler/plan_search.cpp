#include "sw/compiler/plan_search.h"

#include <algorithm>

#include "hw/fabric/head_grid.h"

namespace weft::sw {

void add_shares(LineCounts& counts, int n, int limit) {
  for (int lines = std::min(n, limit); lines >= 1;) {
    const std::int64_t share = ceil_div(n, lines);
    lines = static_cast<int>(ceil_div(n, share));  // the fewest with this share
    counts.insert(lines);
    --lines;
  }
}

MappingSearch::MappingSearch(const std::vector<hw::MatrixLayer>& layers, const hw::MachineSpec& machine, PlanKind kind,
                             int tokens, int lanes) {
  const bool columns = kind == PlanKind::features_over_columns;
  const int limit = columns ? machine.fabric.user_width : machine.fabric.user_height;
  // A band of a row at each end is the least.
  const int widest = columns ? machine.fabric.user_height - 2 : machine.fabric.user_width;
  if (widest < 1) return;
  LineCounts heights{limit};
  int sequence = 0;
  for (const hw::MatrixLayer& layer : layers) {
    add_shares(heights, layer.inputs, limit);
    add_shares(heights, layer.outputs, limit);
    if (layer.attention.heads == 0) continue;
    const int heads = layer.attention.heads, queries = layer.attention.queries;
    const auto best = [&](int most) {
      return hw::best_rows(most, heads, layer.features() / (heads * queries), queries);
    };
    for (int rows = best(limit); rows > 0; rows = queries > 1 ? best(rows - 1) : 0) heights.insert(rows);
    sequence = layer.attention.length;
  }
  const bool several = kind == PlanKind::several_lanes;
  const int first = several ? std::max(2, lanes) : 1;
  const int last = several ? std::min(tokens, lanes > 0 ? lanes : limit) : 1;
  for (int count = first; count <= last; ++count) {
    const std::size_t before = families_.size();
    for (int height : heights) {
      MappingFamily family{height, count, columns ? hw::FeatureAxis::columns : hw::FeatureAxis::rows, nullptr};
      const int of_lane = hw::split_count(tokens, count, 0);
      if (!fits(machine, {{1, height}, count, family.features_over})) continue;
      LineCounts& widths = widths_[of_lane];
      if (widths.empty()) {
        widths.insert(std::min(widest, of_lane));
        add_shares(widths, of_lane, widest);
        if (sequence > 0 && of_lane % sequence == 0)
          if (const int fit = hw::best_columns(widest, of_lane / sequence, sequence); fit > 0) widths.insert(fit);
      }
      family.widths = &widths;
      families_.push_back(family);
    }
    if (families_.size() == before) break;  // and more lanes need more rows
  }
}

LeastStep::LeastStep(const std::vector<hw::MatrixLayer>& layers, const hw::MachineSpec& machine,
                     const std::vector<hw::Launch>& launches)
    : lanes_(machine.pe.lanes), issue_(machine.pe.vector_issue_cycles) {
  for (const hw::Launch& launch : launches) {
    const hw::MatrixLayer& layer = layers[static_cast<std::size_t>(launch.layer)];
    auto shape = std::find_if(shapes_.begin(), shapes_.end(), [&](const Products& other) {
      return other.inputs == layer.inputs && other.outputs == layer.outputs && other.density == 1 - layer.sparsity &&
             other.half_sums.told() == layer.half_sums.told();
    });
    if (shape == shapes_.end())
      shape = shapes_.insert(shapes_.end(), {layer.inputs, layer.outputs, 1 - layer.sparsity, layer.half_sums});
    const hw::Kernel& kernel = hw::kernel_of(launch.kind);
    shape->forward += kernel.is_forward_product();
    shape->delta += kernel.by_input;
    shape->gradient += kernel.streams() && kernel.produces_gradient();
  }
}

Cycle LeastStep::of(const hw::Mapping& mapping, int tokens) const {
  const int of_lane = mapping.lane_tokens(tokens, 0);
  const Cycle wide = hw::split_count(of_lane, std::min(mapping.lane.width, of_lane), 0);
  Cycle step = 0;
  for (const Products& shape : shapes_) {
    const Cycle from = hw::split_count(shape.inputs, mapping.lane.height, 0),
                to = hw::split_count(shape.outputs, mapping.lane.height, 0);
    const auto added = [this](Cycle elements, bool half_sums) {
      return ceil_div(elements, lanes_.multiply_adds(half_sums));
    };
    const Cycle forward = shape.outputs * from * (issue_ + added(wide, shape.half_sums.forward)),
                delta = shape.inputs * to * (issue_ + added(wide, shape.half_sums.delta)),
                products = shape.outputs * wide * added(from, shape.half_sums.gradient),
                issues = shape.outputs * wide * issue_;
    const auto kept = [&shape](Cycle cycles) {
      return static_cast<Cycle>(shape.density * static_cast<double>(cycles));
    };
    step += shape.forward * kept(forward) + shape.delta * kept(delta) + shape.gradient * (issues + kept(products));
  }
  return step;
}

}  // namespace weft::sw
