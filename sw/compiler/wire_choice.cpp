#include "sw/compiler/wire_choice.h"

#include <algorithm>

namespace weft::sw {

namespace {

using Layers = std::vector<hw::MatrixLayer>;

hw::MatrixLayer with_zeros(hw::MatrixLayer layer) {
  layer.sparsity = 0;
  layer.mask = nullptr;
  return layer;
}

Layers all_with_zeros(Layers layers) {
  for (hw::MatrixLayer& layer : layers) layer = with_zeros(layer);
  return layers;
}

/// Of a layer's launches in one micro-batch, words in time.
Cycle length_of(int layer, const std::vector<PlannedLaunch>& launches) {
  Cycle cycles = 0;
  for (const PlannedLaunch& planned : launches)
    if (planned.launch.layer == layer) cycles += planned.predicted;
  return cycles;
}

/// Each layer by itself, under the mapping of `plan`.
Layers shorter_by_layer(const Layers& layers, const hw::MachineSpec& machine, const Plan& plan) {
  std::vector<hw::Launch> launches;
  for (const PlannedLaunch& planned : plan.train) launches.push_back(planned.launch);
  const std::vector<PlannedLaunch> dense =
      predict_launches(all_with_zeros(layers), machine, launches, true, plan.mapping, plan.tokens, plan.gradient_wire);
  Layers chosen = layers;
  for (std::size_t at = 0; at < layers.size(); ++at) {
    const int layer = static_cast<int>(at);
    if (layers[at].sparse() && length_of(layer, dense) < length_of(layer, plan.train))
      chosen[at] = with_zeros(layers[at]);
  }
  return chosen;
}

}  // namespace

Plan plan_with_wire(MatchedModel& model, const hw::MachineSpec& machine, int batch, RetainOutput retain,
                    const PlanWishes& wishes, const Surroundings& around) {
  const auto bounded = [&](const MatchedModel& of) {
    Plan plan = make_plan(of, machine, batch, around.systems, retain, wishes);
    bound_step(plan, of.layers, machine, around);
    return plan;
  };
  if (wishes.sparse_wire == SparseWire::dense) model.layers = all_with_zeros(model.layers);
  Plan plan = bounded(model);
  if (wishes.sparse_wire != SparseWire::automatic) return plan;
  const auto alike = [](const hw::MatrixLayer& a, const hw::MatrixLayer& b) { return a.sparse() == b.sparse(); };
  const Layers none = model.layers, some = shorter_by_layer(none, machine, plan), all = all_with_zeros(none);
  for (const Layers* layers : {&some, &all}) {
    if (std::equal(layers->begin(), layers->end(), (layers == &some ? none : some).begin(), alike)) continue;
    MatchedModel other = model;
    other.layers = *layers;
    Plan planned = bounded(other);
    if (planned.predicted_step >= plan.predicted_step) continue;
    plan = std::move(planned);
    model = std::move(other);
  }
  return plan;
}

}  // namespace weft::sw
