#include "sw/driver/run_layers.h"

#include <fmt/format.h>

#include <algorithm>

#include "sw/compiler/matched_model.h"
#include "sw/driver/job_builder.h"
#include "sw/driver/starting_weights.h"
#include "sw/graph/network_graph.h"
#include "tlm/base/error.h"
#include "tlm/base/split_mix.h"

namespace weft::sw {

namespace {

void mask_from_checkpoint(const ModelConfig& config, const std::filesystem::path& file,
                          std::vector<hw::MatrixLayer>& layers) {
  if (file.empty())
    throw UsageError(
        "model.sparsity from_checkpoint: say whose zeros: --initial_weights FILE, --checkpoint_path FILE, or --resume "
        "with the run's folder");
  hw::TrainingState state = initial_state(config);
  take_weights(file, config, state);
  for (std::size_t index = 0; index < layers.size(); ++index) {
    hw::MatrixLayer& layer = layers[index];
    auto mask = std::make_shared<const hw::WeightMask>(
        hw::WeightMask::nonzero(layer.outputs, layer.inputs, state.layers[index].tensors[0].values));
    layer.sparsity = 1 - mask->density();
    if (layer.sparse()) layer.mask = layer.trained = std::move(mask);
  }
}

/// Calls visit(tensor, place) for what stands in a weight's tensor where no weight is kept.
template <typename State, typename Visit>
void for_each_pruned(const std::vector<hw::MatrixLayer>& layers, State& state, Visit&& visit) {
  for (std::size_t index = 0; index < std::min(layers.size(), state.layers.size()); ++index) {
    const hw::MatrixLayer& layer = layers[index];
    if (!layer.trained) continue;
    const auto places = static_cast<std::size_t>(layer.outputs) * static_cast<std::size_t>(layer.inputs);
    for (auto& tensor : state.layers[index].tensors)
      for (std::size_t place = 0; tensor.values.size() == places && tensor.shape.size() == 2 && place < places; ++place)
        if (!layer.trained->kept(static_cast<int>(place / static_cast<std::size_t>(layer.inputs)),
                                 static_cast<int>(place % static_cast<std::size_t>(layer.inputs))))
          visit(layer, tensor, place);
  }
}

}  // namespace

std::vector<hw::MatrixLayer> layers_of_run(const ModelConfig& config, const std::filesystem::path& start) {
  std::vector<hw::MatrixLayer> layers = matched_model(network_graph(config.model)).layers;
  const SparsityConfig& sparsity = config.model.sparsity;
  if (sparsity.from_checkpoint) mask_from_checkpoint(config, start, layers);
  for (std::size_t index = 0; index < sparsity.of_layers.size(); ++index) {
    hw::MatrixLayer& layer = layers[index];
    if (!layer.sparse()) continue;
    const std::uint64_t key = split_mix(split_mix(sparsity.seed + split_mix_gamma) + index);
    layer.mask = layer.trained = std::make_shared<const hw::WeightMask>(
        hw::WeightMask::random(layer.outputs, layer.inputs, layer.sparsity, key));
  }
  return layers;
}

void prune(const std::vector<hw::MatrixLayer>& layers, hw::TrainingState& state) {
  for_each_pruned(layers, state, [](const hw::MatrixLayer&, hw::StateTensor& tensor, std::size_t place) {
    tensor.values[place] = 0.0F;
  });
}

void require_pruned(const std::vector<hw::MatrixLayer>& layers, const hw::TrainingState& state) {
  for_each_pruned(layers, state, [](const hw::MatrixLayer& layer, const hw::StateTensor& tensor, std::size_t place) {
    if (tensor.values[place] == 0.0F) return;
    const auto inputs = static_cast<std::size_t>(layer.inputs);
    throw UsageError(fmt::format(
        "the checkpoint's layer {}: {}[{}][{}] is {}, but model.sparsity keeps no weight there; it was trained with "
        "another mask (model.sparsity: from_checkpoint takes the checkpoint's own)",
        layer.name, tensor.name, place / inputs, place % inputs, tensor.values[place]));
  });
}

}  // namespace weft::sw
