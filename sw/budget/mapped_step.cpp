#include "sw/budget/mapped_step.h"

#include <algorithm>

#include "sw/compiler/plan_search.h"
#include "sw/compiler/prediction.h"

namespace weft::sw {

namespace {

struct Matrix {
  int inputs, outputs, count;
  bool again;  ///< its forward pass runs twice
  hw::HalfSums half_sums;

  hw::MatrixLayer layer() const {
    hw::MatrixLayer layer{"", inputs, outputs, "", 0};
    layer.half_sums = half_sums;
    return layer;
  }
  int launches() const { return (again ? 4 : 3) * count; }
};

std::vector<Matrix> matrices_of(const Transformer& model, bool again, bool halves) {
  const int h = model.hidden;
  const hw::HalfSums block{halves, halves, false}, head{halves, false, false};
  return {{h, 3 * h, model.layers, again, block},
          {h, h, model.layers, again, block},
          {h, 4 * h, model.layers, again, block},
          {4 * h, h, model.layers, again, block},
          {h, model.vocabulary, 1, false, head}};
}

Cycle cycles_of(const std::vector<Matrix>& matrices, const hw::MachineSpec& machine, const hw::Mapping& mapping,
                int tokens) {
  const hw::EdgeLayout layout(machine, mapping);
  Cycle cycles = 0;
  for (const Matrix& matrix : matrices) {
    const auto predicted = [&](hw::KernelKind kind) {
      return predict_matrix(machine, layout,
                            hw::LaunchMap(kind, matrix.layer(), mapping.lane, mapping.lane_tokens(tokens, 0)));
    };
    cycles += matrix.count * ((matrix.again ? 2 : 1) * predicted(hw::KernelKind::matmul_forward) +
                              predicted(hw::KernelKind::matmul_delta) + predicted(hw::KernelKind::matmul_gradient));
  }
  return cycles;
}

}  // namespace

MappedStep mapped_step(const Transformer& model, const hw::MachineSpec& machine, const StepBudget& way) {
  const std::vector<Matrix> matrices = matrices_of(model, way.recompute == Recompute::layer, way.half_sums);
  const int tokens = static_cast<int>(way.tokens);
  std::vector<hw::MatrixLayer> layers;
  std::vector<hw::Launch> launches;
  for (const Matrix& matrix : matrices) {
    const auto index = static_cast<int>(layers.size());
    layers.push_back(matrix.layer());
    for (int count = 0; count < matrix.count; ++count)
      for (hw::KernelKind kind :
           {hw::KernelKind::matmul_forward, hw::KernelKind::matmul_delta, hw::KernelKind::matmul_gradient})
        launches.push_back({kind, index});
  }
  const LeastStep least(layers, machine, launches);
  MappedStep step;
  Cycle shortest = 0;
  for (PlanKind kind : {PlanKind::one_lane, PlanKind::several_lanes}) {
    const MappingSearch search(layers, machine, kind, tokens, 0);
    for (const MappingFamily& family : search.families()) {
      const hw::Mapping mapping{{*family.widths->begin(), family.height}, family.lanes, family.features_over};
      if (shortest > 0 && least.of(mapping, tokens) >= shortest) continue;
      const Cycle cycles = cycles_of(matrices, machine, mapping, tokens);
      if (shortest > 0 && cycles >= shortest) continue;
      shortest = cycles;
      step.mapping = mapping;
    }
  }
  for (const Matrix& matrix : matrices) step.launches += static_cast<std::int64_t>(matrix.launches());
  step.launches *= way.micro_batches;
  const Cycle gaps = step.launches * launch_gap(machine, step.mapping);
  step.gaps = machine.clock.seconds(gaps);
  step.seconds = machine.clock.seconds(shortest * way.micro_batches + gaps);
  return step;
}

}  // namespace weft::sw
