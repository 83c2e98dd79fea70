#include "hw/spec/training_state.h"

#include <cstring>

#include "tlm/base/error.h"

namespace weft::hw {
namespace {

void append(std::vector<std::uint8_t>& out, const void* data, std::size_t bytes) {
  const auto* first = static_cast<const std::uint8_t*>(data);
  out.insert(out.end(), first, first + bytes);
}

template <typename T>
void take(const std::vector<std::uint8_t>& in, std::size_t& at, T* values, std::size_t count) {
  const std::size_t bytes = count * sizeof(T);
  if (in.size() - at < bytes) throw SimulationError("a checkpoint block is shorter than its layer's state");
  std::memcpy(values, in.data() + at, bytes);
  at += bytes;
}

void expect_end(const std::vector<std::uint8_t>& in, std::size_t at) {
  if (at != in.size()) throw SimulationError("a checkpoint block is longer than its layer's state");
}

}  // namespace

std::vector<std::string> optimizer_state_names(const OptimizerSpec& optimizer) {
  std::vector<std::string> names;
  for (const char* name : form_of(optimizer.kind).state)
    if (name) names.emplace_back(name);
  return names;
}

std::vector<StateTensor> state_tensors(const MatrixLayer& layer, const OptimizerSpec& optimizer) {
  std::vector<StateTensor> tensors;
  if (!layer.has_parameters()) return tensors;
  std::vector<std::string> prefixes = {""};
  for (const std::string& name : optimizer_state_names(optimizer)) prefixes.push_back(name + ".");
  for (const std::string& prefix : prefixes) {
    const bool norm = layer.kind == LayerKind::norm;
    const auto add = [&](const char* name, const std::vector<std::int64_t>& shape) {
      std::int64_t values = 1;
      for (const std::int64_t extent : shape) values *= extent;
      tensors.push_back({prefix + name, shape, std::vector<float>(static_cast<std::size_t>(values), 0.0F)});
    };
    add("weight",
        norm ? std::vector<std::int64_t>{layer.inputs} : std::vector<std::int64_t>{layer.outputs, layer.inputs});
    if (layer.tensors() > 1) add("bias", {norm ? layer.inputs : layer.outputs});
  }
  return tensors;
}

TrainingState initial_state(const Job& job) {
  TrainingState state;
  state.global_step = job.first_step;
  state.loss_scale = job.loss_scale.initial;
  for (const MatrixLayer& layer : job.layers)
    state.layers.push_back({layer.name, state_tensors(layer, job.optimizer), 0});
  return state;
}

std::vector<std::uint8_t> pack_layer(const LayerState& state) {
  std::vector<std::uint8_t> payload;
  std::size_t bytes = 0;
  for (const StateTensor& tensor : state.tensors) bytes += tensor.values.size() * sizeof(float);
  payload.reserve(bytes);
  for (const StateTensor& tensor : state.tensors)
    append(payload, tensor.values.data(), tensor.values.size() * sizeof(float));
  return payload;
}

LayerState unpack_layer(const MatrixLayer& layer, const OptimizerSpec& optimizer,
                        const std::vector<std::uint8_t>& payload) {
  LayerState state;
  state.layer = layer.name;
  state.tensors = state_tensors(layer, optimizer);
  std::size_t at = 0;
  for (StateTensor& tensor : state.tensors) take(payload, at, tensor.values.data(), tensor.values.size());
  expect_end(payload, at);
  return state;
}

std::vector<std::uint8_t> pack_run_state(const TrainingState& state) {
  std::vector<std::uint8_t> payload;
  append(payload, &state.global_step, sizeof state.global_step);
  append(payload, &state.finite_steps, sizeof state.finite_steps);
  append(payload, &state.loss_scale, sizeof state.loss_scale);
  for (const LayerState& layer : state.layers) append(payload, &layer.updates, sizeof layer.updates);
  return payload;
}

void unpack_run_state(const std::vector<std::uint8_t>& payload, TrainingState& state) {
  std::size_t at = 0;
  take(payload, at, &state.global_step, 1);
  take(payload, at, &state.finite_steps, 1);
  take(payload, at, &state.loss_scale, 1);
  for (LayerState& layer : state.layers) take(payload, at, &layer.updates, 1);
  expect_end(payload, at);
}

}  // namespace weft::hw
