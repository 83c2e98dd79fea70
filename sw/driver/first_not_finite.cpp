#include "sw/driver/first_not_finite.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tlm/base/half.h"

namespace weft::sw {

namespace {

template <typename Bad>
std::optional<std::string> find_in(const hw::LayerState& layer, const Bad& bad, const std::string& what) {
  for (const hw::StateTensor& tensor : layer.tensors) {
    const auto found = std::find_if(tensor.values.begin(), tensor.values.end(), bad);
    if (found == tensor.values.end()) continue;
    auto place = static_cast<std::int64_t>(found - tensor.values.begin());
    std::string index;
    for (auto size = tensor.shape.rbegin(); size != tensor.shape.rend(); place /= *size++)
      index.insert(0, fmt::format("[{}]", place % *size));
    return fmt::format("model.{}.{}{} is {}{}", layer.layer, tensor.name, index, *found, what);
  }
  return {};
}

std::optional<std::string> beyond_format(hw::LayerState layer, HalfFormat format) {
  const auto stays_fp32 = [](const hw::StateTensor& tensor) { return tensor.name.find('.') != std::string::npos; };
  layer.tensors.erase(std::remove_if(layer.tensors.begin(), layer.tensors.end(), stays_fp32), layer.tensors.end());
  return find_in(
      layer, [format](float value) { return !std::isfinite(round_to_half(format, value)); },
      fmt::format(", which {} cannot hold", half_format(format).name));
}

}  // namespace

std::optional<std::string> not_finite_in(const hw::TrainingState& state) {
  for (auto layer = state.layers.rbegin(); layer != state.layers.rend(); ++layer)
    if (auto found = find_in(
            *layer, [](float value) { return !std::isfinite(value); }, ""))
      return found;
  return {};
}

std::optional<std::string> unusable_in(const hw::TrainingState& state, HalfFormat format) {
  if (auto found = not_finite_in(state)) return found;
  for (const hw::LayerState& layer : state.layers)
    if (auto found = beyond_format(layer, format)) return found;
  return {};
}

std::string first_not_finite(const hw::Job& job, const hw::Cluster& cluster) {
  const hw::TrainingState state = cluster.memoryx().state();
  if (auto found = not_finite_in(state)) return *found;
  int activation = -1;
  for (int system = 0; system < cluster.systems(); ++system) {
    const int here = cluster.system(system).first_not_finite();
    if (here >= 0 && (activation < 0 || here < activation)) activation = here;
  }
  const hw::WaferTensor* tensor = activation < 0 ? nullptr : &job.tensors[static_cast<std::size_t>(activation)];
  for (std::size_t layer = 0; layer < state.layers.size(); ++layer) {
    if (tensor && static_cast<int>(layer) > tensor->layer) break;
    if (auto found = beyond_format(state.layers[layer], job.format)) return *found;
  }
  if (activation == 0) return "the samples";
  if (tensor)
    return fmt::format("the outputs of {} (larger than {} can hold, or nan)", tensor->name,
                       half_format(job.format).name);
  return "the loss itself";
}

}  // namespace weft::sw
