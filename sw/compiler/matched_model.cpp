#include "sw/compiler/matched_model.h"

#include <algorithm>

#include "sw/compiler/launch_builder.h"

namespace weft::sw {

using hw::KernelKind;
using hw::Operand;

namespace {

/// The first launch of a layer.
auto of_layer(const std::vector<hw::Launch>& forward, int layer) {
  return std::partition_point(forward.begin(), forward.end(),
                              [layer](const hw::Launch& launch) { return launch.layer < layer; });
}

}  // namespace

bool is_chain(const MatchedModel& model) {
  return std::all_of(model.layers.begin(), model.layers.end(),
                     [](const hw::MatrixLayer& layer) { return layer.kind == hw::LayerKind::matrix; });
}

MatchedModel matched_model(const Matching& matching) { return build_launches(matching); }

MatchedModel matched_model(const OperationGraph& graph) { return matched_model(match_kernels(graph)); }

std::vector<hw::Launch> eval_launches(const MatchedModel& model) {
  const bool ids = model.tensors.front().ids;
  std::vector<hw::Launch> launches{{ids ? KernelKind::load_tokens : KernelKind::load_input, 0}};
  launches.front().writes.set(Operand::result, 0);
  launches.insert(launches.end(), model.forward.begin(), model.forward.end());
  return launches;
}

std::vector<hw::Launch> train_launches(const MatchedModel& model, bool retain, int segment) {
  const int layers = static_cast<int>(model.layers.size());
  std::vector<hw::Launch> launches = eval_launches(model);
  int computed_from = (layers - 1) / segment * segment;  // the last segment's activations are still there
  for (const hw::Launch& launch : model.backward) {
    // A segment's last layer makes the next one's input, which is kept, but not what its activation read.
    const int first = launch.layer / segment * segment;
    const bool kept = model.layers[static_cast<std::size_t>(launch.layer)].keeps_preactivation;
    if (first < computed_from && (kept || hw::kernel_of(launch.kind).streams())) {
      const int last = kept ? computed_from : computed_from - 1;
      launches.insert(launches.end(), of_layer(model.forward, first), of_layer(model.forward, last));
      computed_from = first;
    }
    launches.push_back(launch);
  }
  for (hw::Launch& launch : launches)
    if (retain && launch.layer + 1 == layers) launch.kind = hw::kernel_of(launch.kind).retaining;
  return launches;
}

}  // namespace weft::sw
